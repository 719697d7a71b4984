// Package identity is the key pair that all units of the application share for the traffic between their workers. Each
// side of a connection shows it and takes nobody who shows another: so it is signed by itself, names no address and is
// checked by its bytes, and a unit that comes or moves needs nothing new. Clients never see it; what they see comes from
// package certificates.
package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"connectcharms/requirer-lib/secret"
)

// The keys of the Juju secret that holds an identity.
const (
	certificateKey = "certificate"
	privateKeyKey  = "private-key"
)

// It lasts longer than any application: both sides compare bytes, so a date would be one more thing that can go wrong. It
// begins a day early for units whose clocks differ.
const (
	life    = 100 * 365 * 24 * time.Hour
	earlier = 24 * time.Hour
)

// maxPEM is more than any identity has; what is longer is not parsed.
const maxPEM = 16 << 10

// Identity is a certificate with its private key. The zero Identity is none.
type Identity struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	keyPEM      secret.Value
}

// Generate makes the identity of an application.
func Generate(application string, now time.Time) (Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Identity{}, fmt.Errorf("make the identity of %s: %w", application, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return Identity{}, fmt.Errorf("make the identity of %s: %w", application, err)
	}
	template := x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: application + " workers"},
		NotBefore:    now.Add(-earlier),
		NotAfter:     now.Add(life),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},

		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return Identity{}, fmt.Errorf("make the identity of %s: %w", application, err)
	}
	return fromDER(der, key)
}

// Decode reads the content of the Juju secret.
func Decode(content map[string]secret.Value) (Identity, error) {
	certificate, err := decodePEM(content[certificateKey].Reveal(), "CERTIFICATE")
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %s: %w", certificateKey, err)
	}
	encoded, err := decodePEM(content[privateKeyKey].Reveal(), "PRIVATE KEY")
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %s: %w", privateKeyKey, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(encoded)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %s: not a PKCS8 key", privateKeyKey) // the cause may quote bytes of it
	}
	key, is := parsed.(*ecdsa.PrivateKey)
	if !is {
		return Identity{}, fmt.Errorf("identity: %s: not an EC key", privateKeyKey)
	}
	return fromDER(certificate, key)
}

// Encode gives the content of the Juju secret.
func (i Identity) Encode() map[string]secret.Value {
	return map[string]secret.Value{certificateKey: secret.New(string(i.certificatePEM())), privateKeyKey: i.keyPEM}
}

// IsZero says whether there is no identity.
func (i Identity) IsZero() bool { return i.certificate == nil }

// Fingerprint names the certificate: the SHA-256 of its DER, in hex; of no identity it is empty.
func (i Identity) Fingerprint() string {
	if i.IsZero() {
		return ""
	}
	sum := sha256.Sum256(i.certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// TLS gives the pair as crypto/tls takes it.
func (i Identity) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{i.certificate.Raw}, PrivateKey: i.key, Leaf: i.certificate}
}

// StorePassword opens the key store and the trust store. It follows from the private key, so that it is the same on every
// unit and in every hook without being kept anywhere, and tells nothing about the key.
func (i Identity) StorePassword() secret.Value {
	mac := hmac.New(sha256.New, []byte(i.keyPEM.Reveal()))
	_, _ = mac.Write([]byte("store password")) // never fails
	return secret.New(hex.EncodeToString(mac.Sum(nil)[:16]))
}

func (i Identity) certificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.certificate.Raw})
}

func fromDER(der []byte, key *ecdsa.PrivateKey) (Identity, error) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %s: %w", certificateKey, err)
	}
	if public, is := certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !is || !public.Equal(key.Public()) {
		return Identity{}, fmt.Errorf("identity: the %s does not belong to the %s", privateKeyKey, certificateKey)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %s: it cannot be encoded", privateKeyKey)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
	return Identity{certificate: certificate, key: key, keyPEM: secret.New(string(text))}, nil
}

// decodePEM reads one block of that type and nothing else. Its errors do not quote what they read.
func decodePEM(text, kind string) ([]byte, error) {
	if len(text) > maxPEM {
		return nil, fmt.Errorf("has %d bytes, more than %d", len(text), maxPEM)
	}
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil:
		return nil, errors.New("is not PEM")
	case block.Type != kind:
		return nil, fmt.Errorf("is not a PEM block of type %s", kind)
	case len(rest) > 0:
		return nil, errors.New("goes on behind its PEM block")
	}
	return block.Bytes, nil
}
