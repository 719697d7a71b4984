package brokers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"connectcharms/provider-charm/internal/properties"
	"connectcharms/requirer-lib/secret"
)

// Prefixes begin the properties of a worker's own clients (none), and of those that it makes for connectors.
var Prefixes = []string{"", "producer.", "consumer.", "admin."}

// Properties are those of a worker that tell its clients, and the connectors' own, how to reach this Kafka.
func (a Access) Properties() map[string]string {
	client := map[string]string{"security.protocol": a.Protocol()}
	if a.Mechanism != "" {
		client["sasl.mechanism"] = string(a.Mechanism)
		client["sasl.jaas.config"] = a.jaas()
	}
	if a.CA != "" {
		client["ssl.truststore.type"] = "PEM"
		client["ssl.truststore.certificates"] = a.CA
	}
	all := map[string]string{"bootstrap.servers": strings.Join(a.Servers, ",")}
	for _, prefix := range Prefixes {
		for key, value := range client {
			all[prefix+key] = value
		}
	}
	return all
}

// jaas is the login in the form of a JAAS file.
func (a Access) jaas() string {
	module := "org.apache.kafka.common.security.scram.ScramLoginModule"
	if a.Mechanism == Plain {
		module = "org.apache.kafka.common.security.plain.PlainLoginModule"
	}
	return fmt.Sprintf(`%s required username="%s" password="%s";`, module, jaasText(a.Username), jaasText(a.Password.Reveal()))
}

// jaasText writes a text so that nothing in it ends the quotes around it, nor looks like a reference to a configuration
// provider (${…}). Java's StreamTokenizer, which reads it, knows octal numbers of three digits.
func jaasText(text string) string {
	var quoted strings.Builder
	for _, char := range text {
		isPlain := char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' || char >= '0' && char <= '9'
		if isPlain || char > 0xff {
			quoted.WriteRune(char)
		} else {
			fmt.Fprintf(&quoted, `\%03o`, char)
		}
	}
	return quoted.String()
}

// Fingerprint tells one access from another.
func (a Access) Fingerprint() string {
	sum := sha256.Sum256([]byte(properties.Format(a.Properties())))
	return hex.EncodeToString(sum[:8])
}

// Name stands for an access, whatever its password: where passwords and what is made of them do not belong.
func (a Access) Name() string {
	a.Password = secret.Value{}
	return a.Fingerprint()
}
