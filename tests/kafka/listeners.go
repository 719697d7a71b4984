package kafka

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Protocol is what clients speak on a listener, a value of security.protocol.
type Protocol string

// The protocols that a broker can speak.
const (
	Plaintext     Protocol = "PLAINTEXT"
	SSL           Protocol = "SSL"
	SASLPlaintext Protocol = "SASL_PLAINTEXT"
	SASLSSL       Protocol = "SASL_SSL"
)

// Mechanism is how users log in at listeners with SASL.
const Mechanism = "SCRAM-SHA-512"

// extraProtocols is what the broker speaks besides Plaintext, which it keeps for itself and for whoever sets it up.
func (o BrokerOptions) extraProtocols() []Protocol {
	var protocols []Protocol
	if o.SCRAM {
		protocols = append(protocols, SASLPlaintext)
	}
	if o.TLS != nil {
		protocols = append(protocols, SSL)
	}
	if o.SCRAM && o.TLS != nil {
		protocols = append(protocols, SASLSSL)
	}
	return protocols
}

// openListeners finds a port for each listener; that of Plaintext is given.
func openListeners(ctx context.Context, options BrokerOptions, port int) (map[Protocol]string, error) {
	listeners := map[Protocol]string{Plaintext: endpoint(options.Address, port)}
	for _, protocol := range options.extraProtocols() {
		extra, err := openPort(ctx, options.Address, 0)
		if err != nil {
			return nil, err
		}
		listeners[protocol] = endpoint(options.Address, extra)
	}
	return listeners, nil
}

// securitySettings are those of the listeners. Each listener is named after its protocol.
func securitySettings(options BrokerOptions, listeners map[Protocol]string, controller string) (map[string]string, error) {
	named, spoken := []string{"CONTROLLER://" + controller}, []string{"CONTROLLER:PLAINTEXT"}
	for _, protocol := range slices.Sorted(maps.Keys(listeners)) {
		named = append(named, string(protocol)+"://"+listeners[protocol])
		spoken = append(spoken, string(protocol)+":"+string(protocol))
	}
	settings := map[string]string{
		"listeners":                      strings.Join(named, ","),
		"listener.security.protocol.map": strings.Join(spoken, ","),
	}
	if options.SCRAM {
		settings["sasl.enabled.mechanisms"] = Mechanism
		login := "org.apache.kafka.common.security.scram.ScramLoginModule required;"
		for _, listener := range []string{"sasl_plaintext", "sasl_ssl"} {
			settings["listener.name."+listener+"."+strings.ToLower(Mechanism)+".sasl.jaas.config"] = login
		}
	}
	if options.ACLs {
		settings["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
		settings["super.users"] = "User:ANONYMOUS"
	}
	if options.TLS != nil {
		certificate, key, err := options.TLS.Issue(options.Address)
		if err != nil {
			return nil, err
		}
		settings["ssl.keystore.type"] = "PEM"
		settings["ssl.keystore.certificate.chain"], settings["ssl.keystore.key"] = certificate, key
	}
	return settings, nil
}
