package gateway

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// Certificate tells of a certificate that is shown.
type Certificate struct {
	Fingerprint string    `json:"fingerprint,omitempty"` // lower-case hex SHA-256 of its DER; "" when there is none
	NotAfter    time.Time `json:"not_after,omitzero"`
	// Problem says why this is not the one in the files, or why there is none; "" when all is well.
	Problem string `json:"problem,omitempty"`
}

// keyPair holds the certificate that is shown now. A reload turns it to another one, whole or not at all, and no
// connection notices.
//
//	the files hold                          at start                at reload
//	a certificate and its key               it                      it
//	anything else, or one that is expired   none: nobody gets in    as before; the reload says why
type keyPair struct {
	current atomic.Pointer[shown]
}

// shown is one state of a keyPair and is never changed.
type shown struct {
	pair    *tls.Certificate // nil: none
	problem string
}

var errNoCertificate = errors.New("there is no certificate to show")

// get is for tls.Config. Without a certificate it ends the handshake.
func (p *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if now := p.current.Load(); now != nil && now.pair != nil {
		return now.pair, nil
	}
	return nil, errNoCertificate
}

// load takes the files, and says whether that changed what is shown. nil takes what is shown away.
func (p *keyPair) load(files *KeyPair) (changed bool, err error) {
	before := p.current.Load()
	if before == nil {
		before = &shown{}
	}
	if files == nil {
		p.current.Store(&shown{})
		return before.pair != nil, nil
	}
	pair, err := readKeyPair(*files)
	if err != nil {
		p.current.Store(&shown{pair: before.pair, problem: err.Error()})
		return false, err
	}
	p.current.Store(&shown{pair: pair})
	return before.pair == nil || !equalChains(before.pair.Certificate, pair.Certificate), nil
}

func equalChains(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (p *keyPair) describe() Certificate {
	now := p.current.Load()
	if now == nil || now.pair == nil {
		described := Certificate{}
		if now != nil {
			described.Problem = now.problem
		}
		return described
	}
	sum := sha256.Sum256(now.pair.Leaf.Raw)
	return Certificate{Fingerprint: hex.EncodeToString(sum[:]), NotAfter: now.pair.Leaf.NotAfter, Problem: now.problem}
}

// is says whether a certificate, in DER, is byte for byte the one that is shown.
func (p *keyPair) is(certificate []byte) bool {
	now := p.current.Load()
	return now != nil && now.pair != nil && bytes.Equal(now.pair.Leaf.Raw, certificate)
}

// maxPEM bounds what is read of one file, in bytes: a chain of a dozen certificates.
const maxPEM = 128 << 10

// readKeyPair refuses what clients could not use: what is cut off, does not fit together, or is expired. A certificate
// that is not valid yet passes, because clocks differ.
func readKeyPair(files KeyPair) (*tls.Certificate, error) {
	chain, err := readPEM(files.Certificate)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	key, err := readPEM(files.Key)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", files.Certificate, files.Key, err)
	}
	if time.Now().After(pair.Leaf.NotAfter) {
		return nil, fmt.Errorf("the certificate in %s expired at %s", files.Certificate, pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	return &pair, nil
}

// readPEM refuses a file that does not end with the end of a block: package pem would silently leave out the rest.
func readPEM(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxPEM+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxPEM {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxPEM)
	}
	blocks, rest := 0, content
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		blocks, rest = blocks+1, after
	}
	if blocks == 0 || blocks != bytes.Count(content, []byte("-----BEGIN ")) {
		return nil, fmt.Errorf("%s is not whole PEM", path)
	}
	return content, nil
}
