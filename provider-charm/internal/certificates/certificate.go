package certificates

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"connectcharms/requirer-lib/secret"
)

// caBlock marks a CA in what File gives: TLS servers pass over blocks of a type they do not know.
const caBlock = "CA CERTIFICATE"

// Certificate is a certificate with its key, what leads from it to the CA, and the CA. The zero Certificate is none.
type Certificate struct {
	leaf          *x509.Certificate
	intermediates []*x509.Certificate
	cas           []*x509.Certificate // what a client is to trust
	key           privateKey
}

// New checks that all belongs together, is valid at the time, and names every address. chain may have any order and may
// hold the certificate and the CA too.
func New(key secret.Value, certificate, chain, ca string, addresses []string, now time.Time) (Certificate, error) {
	parsed, err := parseKey(key.Reveal())
	if err != nil {
		return Certificate{}, err
	}
	return assemble(parsed, certificate, chain, ca, addresses, now)
}

func assemble(key privateKey, certificate, chain, ca string, addresses []string, now time.Time) (Certificate, error) {
	leaves, err := parseCertificates("the certificate", certificate)
	if err != nil {
		return Certificate{}, err
	}
	links, err := parseCertificates("the chain", chain)
	if err != nil {
		return Certificate{}, err
	}
	cas, err := parseCertificates("the CA", ca)
	switch {
	case err != nil:
		return Certificate{}, err
	case len(leaves) == 0:
		return Certificate{}, errors.New("the certificate is empty")
	case len(cas) == 0:
		return Certificate{}, errors.New("the CA is empty")
	}
	made := Certificate{leaf: leaves[0], key: key}
	if err := made.check(addresses, now); err != nil {
		return Certificate{}, err
	}
	return made, made.link(append(leaves[1:], links...), cas, now)
}

// check looks at the certificate alone.
func (c *Certificate) check(addresses []string, now time.Time) error {
	switch {
	case !c.key.belongsTo(c.leaf.PublicKey):
		return errors.New("the certificate is for another key")
	case now.After(c.leaf.NotAfter):
		return fmt.Errorf("the certificate expired at %s", said(c.leaf.NotAfter))
	case now.Before(c.leaf.NotBefore):
		return fmt.Errorf("the certificate is not valid before %s", said(c.leaf.NotBefore))
	}
	for _, address := range addresses {
		if err := c.leaf.VerifyHostname(address); err != nil {
			return fmt.Errorf("the certificate does not name %s but %s", address, or(strings.Join(c.Names(), ", "), "nobody"))
		}
	}
	return nil
}

// link finds the way from the certificate to a CA among links, and takes the shortest. A client may know one of the CAs in
// the chain only, such as the root: they are all given to it.
func (c *Certificate) link(links, cas []*x509.Certificate, now time.Time) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, ca := range cas {
		roots.AddCert(ca)
	}
	for _, link := range links {
		between.AddCert(link)
	}
	chains, err := c.leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now})
	if err != nil {
		return fmt.Errorf("no way from the certificate to its CA: %w", err)
	}
	way := slices.MinFunc(chains, func(a, b []*x509.Certificate) int { return len(a) - len(b) })
	c.cas = slices.Clone(cas)
	for _, link := range links {
		if link.IsCA && !slices.ContainsFunc(c.cas, link.Equal) {
			c.cas = append(c.cas, link)
		}
	}
	for _, step := range way[1:] {
		if !bytes.Equal(step.RawIssuer, step.RawSubject) { // a client has the root
			c.intermediates = append(c.intermediates, step)
		}
	}
	return nil
}

// Decode reads what File gave. It was checked before it was written, and may have expired since.
func Decode(text secret.Value) (Certificate, error) {
	key, err := parseKey(text.Reveal())
	if err != nil {
		return Certificate{}, err
	}
	var served, cas strings.Builder
	for block := range strings.SplitSeq(text.Reveal(), "-----BEGIN ") {
		switch {
		case strings.HasPrefix(block, certificateBlock+"-"):
			served.WriteString("-----BEGIN " + block)
		case strings.HasPrefix(block, caBlock+"-"):
			cas.WriteString("-----BEGIN " + strings.ReplaceAll(block, caBlock, certificateBlock))
		}
	}
	chain, err := parseCertificates("the certificate", served.String())
	if err != nil {
		return Certificate{}, err
	}
	trusted, err := parseCertificates("the CA", cas.String())
	if err != nil {
		return Certificate{}, err
	}
	if len(chain) == 0 || len(trusted) == 0 || !key.belongsTo(chain[0].PublicKey) {
		return Certificate{}, errors.New("the certificate that is served is not whole")
	}
	return Certificate{leaf: chain[0], intermediates: chain[1:], cas: trusted, key: key}, nil
}

// File is what a TLS server reads, in PEM and in one piece, so that certificate and key change together: the key, the
// certificate, what leads to the CA; and the CA itself in blocks that servers pass over.
func (c Certificate) File() secret.Value {
	return secret.New(c.key.pem() + encodeCertificates(certificateBlock, append([]*x509.Certificate{c.leaf}, c.intermediates...)) +
		encodeCertificates(caBlock, c.cas))
}

// CA is what clients are to trust, in PEM: the CA, then others of the chain.
func (c Certificate) CA() string { return encodeCertificates(certificateBlock, c.cas) }

// Fingerprint names the certificate: the SHA-256 of its DER, in hex.
func (c Certificate) Fingerprint() string {
	if c.IsZero() {
		return ""
	}
	sum := sha256.Sum256(c.leaf.Raw)
	return hex.EncodeToString(sum[:])
}

// IsZero says whether there is no certificate.
func (c Certificate) IsZero() bool { return c.leaf == nil }

// NotAfter is when it expires.
func (c Certificate) NotAfter() time.Time { return c.leaf.NotAfter }

// Expired says whether it is over.
func (c Certificate) Expired(now time.Time) bool { return now.After(c.leaf.NotAfter) }

// RenewalDue says whether two thirds of its life are over: late enough to ask seldom, early enough for a provider that is
// away for a while.
func (c Certificate) RenewalDue(now time.Time) bool {
	life := c.leaf.NotAfter.Sub(c.leaf.NotBefore)
	return now.After(c.leaf.NotBefore.Add(life / 3 * 2))
}

// Names are the names and addresses that it is for.
func (c Certificate) Names() []string {
	names := slices.Clone(c.leaf.DNSNames)
	for _, address := range c.leaf.IPAddresses {
		names = append(names, address.String())
	}
	return names
}

// said is a time as people read it.
func said(when time.Time) string { return when.UTC().Format("2006-01-02 15:04 UTC") }

func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
