package worker

import (
	"strconv"

	"connectcharms/requirer-lib/secret"
)

// InternalPort is where a unit's gateway lets the other workers in, with TLS.
const InternalPort = 8085

// Internal is what a worker shows to the gateways of the other units, and takes them for: stores of package identity.
type Internal struct {
	KeyStore, TrustStore string // paths of PKCS12 files
	Password             secret.Value
}

// properties have the other workers come to the gateway's door for them, and this worker go to theirs. The names begin
// with listeners.https, which is where Connect's REST client looks too, so that they touch no connection to Kafka. The
// certificate names no address: what it is to be is in the trust store, byte for byte.
func (i Internal) properties(s Settings) map[string]string {
	const prefix = "listeners.https.ssl."
	return map[string]string{
		"rest.advertised.listener":  "https",
		"rest.advertised.host.name": s.Address,
		"rest.advertised.port":      strconv.Itoa(InternalPort),

		prefix + "keystore.type":                     "PKCS12",
		prefix + "keystore.location":                 i.KeyStore,
		prefix + "keystore.password":                 i.Password.Reveal(),
		prefix + "key.password":                      i.Password.Reveal(),
		prefix + "truststore.type":                   "PKCS12",
		prefix + "truststore.location":               i.TrustStore,
		prefix + "truststore.password":               i.Password.Reveal(),
		prefix + "endpoint.identification.algorithm": "",
	}
}
