package certificates

import (
	"fmt"
	"time"

	"connectcharms/requirer-lib/secret"
)

// The keys of an operator's own secret. Juju takes none of two letters.
const (
	secretCertificate = "certificate"
	secretKey         = "private-key"
	secretCA          = "ca-certificate"
)

// FromSecret reads an operator's own secret: certificate (with what leads to the CA behind it, if anything), private-key and
// ca-certificate, all PEM.
func FromSecret(content map[string]secret.Value, addresses []string, now time.Time) (Certificate, error) {
	for _, key := range []string{secretCertificate, secretKey, secretCA} {
		if content[key].IsZero() {
			return Certificate{}, fmt.Errorf("it has no %s: put %s, %s and %s (PEM) into it", key, secretCertificate, secretKey, secretCA)
		}
	}
	return New(content[secretKey], content[secretCertificate].Reveal(), "", content[secretCA].Reveal(), addresses, now)
}
