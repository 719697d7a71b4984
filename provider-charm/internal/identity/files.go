package identity

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"software.sslmate.com/src/go-pkcs12"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/secret"
)

// Files is the directory of an identity: PEM for the gateway, PKCS12 for the worker, since Connect's REST server reads no
// PEM. It has to be there, with the group that may read what is in it.
type Files string

// The files' paths.
func (f Files) Certificate() string { return filepath.Join(string(f), "certificate.pem") }
func (f Files) PrivateKey() string  { return filepath.Join(string(f), "private-key.pem") }
func (f Files) KeyStore() string    { return filepath.Join(string(f), "key-store.p12") }
func (f Files) TrustStore() string  { return filepath.Join(string(f), "trust-store.p12") }

// mode lets the services read, which run as the directory's group.
const mode = 0o640

// Write puts the identity into the directory. The certificate comes last: where it is, the other files belong to it.
func (f Files) Write(i Identity) error {
	password := i.StorePassword().Reveal()
	keyStore, err := pkcs12.Modern2023.Encode(i.key, i.certificate, nil, password)
	if err != nil {
		return errors.New("identity: the key store cannot be encoded")
	}
	trustStore, err := pkcs12.Modern2023.EncodeTrustStore([]*x509.Certificate{i.certificate}, password)
	if err != nil {
		return fmt.Errorf("identity: the trust store cannot be encoded: %w", err)
	}
	if err := os.Remove(f.Certificate()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("identity: %w", err)
	}
	for _, file := range []struct {
		path    string
		content []byte
	}{
		{f.KeyStore(), keyStore},
		{f.TrustStore(), trustStore},
		{f.PrivateKey(), []byte(i.keyPEM.Reveal())},
		{f.Certificate(), i.certificatePEM()},
	} {
		if err := atomicfile.Write(file.path, file.content, mode); err != nil {
			return fmt.Errorf("identity: %w", err)
		}
	}
	return nil
}

// Read gives what Write wrote. A directory without an identity is an error that errors.Is calls fs.ErrNotExist.
func (f Files) Read() (Identity, error) {
	certificate, err := os.ReadFile(f.Certificate())
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %w", err)
	}
	key, err := os.ReadFile(f.PrivateKey())
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %w", err)
	}
	return Decode(map[string]secret.Value{
		certificateKey: secret.New(string(certificate)), privateKeyKey: secret.New(string(key)),
	})
}
