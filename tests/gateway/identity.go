package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// Identity is a key pair with its certificate, signed by itself, in files: as PEM, and as Java's stores.
type Identity struct {
	Certificate, Key     string
	KeyStore, TrustStore string
	Password             string // of both stores
}

// NewIdentity makes one in dir, for these names or addresses.
func NewIdentity(dir string, names ...string) (Identity, error) {
	i := Identity{
		Certificate: filepath.Join(dir, "identity.pem"), Key: filepath.Join(dir, "identity.key"),
		KeyStore: filepath.Join(dir, "identity.p12"), TrustStore: filepath.Join(dir, "trust.p12"), Password: "changeit",
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return i, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "workers"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return i, err
	}
	return i, i.write(der, key)
}

func (i Identity) write(der []byte, key *ecdsa.PrivateKey) error {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	keyStore, err := pkcs12.Modern2023.Encode(key, certificate, nil, i.Password)
	if err != nil {
		return err
	}
	trustStore, err := pkcs12.Modern2023.EncodeTrustStore([]*x509.Certificate{certificate}, i.Password)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(i.Certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(i.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600),
		os.WriteFile(i.KeyStore, keyStore, 0o600),
		os.WriteFile(i.TrustStore, trustStore, 0o600),
	)
}
