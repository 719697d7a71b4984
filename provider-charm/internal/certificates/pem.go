package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// The types of PEM blocks.
const (
	certificateBlock = "CERTIFICATE"
	requestBlock     = "CERTIFICATE REQUEST"
	keyBlock         = "PRIVATE KEY"
)

// maxPEM bounds each text that is parsed: a chain has some kilobytes.
const maxPEM = 64 << 10

// privateKey is a key whose text prints nothing: it is kept parsed.
type privateKey struct{ signer crypto.Signer }

// parseKey reads the first private key in the text. Errors do not quote it.
func parseKey(text string) (privateKey, error) {
	if len(text) > maxPEM {
		return privateKey{}, fmt.Errorf("the private key has %d bytes, more than %d", len(text), maxPEM)
	}
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return privateKey{}, errors.New("the private key is not there or not PEM")
		}
		if strings.Contains(block.Type, "ENCRYPTED") || block.Headers["Proc-Type"] != "" {
			return privateKey{}, errors.New("the private key is encrypted: give it without a passphrase")
		}
		if strings.HasSuffix(block.Type, keyBlock) {
			return keyFromDER(block.Bytes)
		}
	}
}

func keyFromDER(der []byte) (privateKey, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		switch key := key.(type) {
		case *rsa.PrivateKey:
			return privateKey{key}, nil
		case *ecdsa.PrivateKey:
			return privateKey{key}, nil
		case ed25519.PrivateKey:
			return privateKey{key}, nil
		}
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return privateKey{key}, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return privateKey{key}, nil
	}
	return privateKey{}, errors.New("the private key is neither RSA, EC nor Ed25519")
}

func (k privateKey) belongsTo(public crypto.PublicKey) bool {
	own, is := k.signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	return is && own.Equal(public)
}

func (k privateKey) pem() string {
	der, err := x509.MarshalPKCS8PrivateKey(k.signer)
	if err != nil {
		panic("certificates: a key that was parsed does not encode") // without the cause, which could quote it
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der}))
}

// String keeps the key out of what is printed.
func (k privateKey) String() string { return "[redacted]" }

// GoString is String: %#v shows no more.
func (k privateKey) GoString() string { return k.String() }

// parseCertificates reads a text that holds certificates and nothing else. what names the text in errors.
func parseCertificates(what, text string) ([]*x509.Certificate, error) {
	if len(text) > maxPEM {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", what, len(text), maxPEM)
	}
	var certificates []*x509.Certificate
	rest := []byte(strings.TrimSpace(text))
	for len(rest) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fmt.Errorf("%s is not PEM", what)
		}
		if block.Type != certificateBlock {
			return nil, fmt.Errorf("%s holds a PEM block that is no certificate", what)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		certificates = append(certificates, certificate)
	}
	return certificates, nil
}

func encodeCertificates(kind string, certificates []*x509.Certificate) string {
	var text strings.Builder
	for _, certificate := range certificates {
		text.Write(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: certificate.Raw}))
	}
	return text.String()
}

// findBlock is the first PEM block of that type, or nil.
func findBlock(text []byte, kind string) *pem.Block {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil || block.Type == kind {
			return block
		}
	}
}
