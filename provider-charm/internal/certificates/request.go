package certificates

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"slices"

	"connectcharms/requirer-lib/secret"
)

// RequestsKey is the key of the unit databag that Request.Databag is for.
const RequestsKey = "certificate_signing_requests"

// maxCommonName is what X.509 has room for.
const maxCommonName = 64

// Subject is whom a certificate is to name: clients connect to one of these, and find it in the certificate.
type Subject struct {
	CommonName string // shown to people; cut to 64 characters
	Names      []string
	Addresses  []string
}

// Request is a request for a certificate, with the key that it is for. The zero Request is none.
type Request struct {
	csr *x509.CertificateRequest
	key privateKey
}

// NewRequest makes a request with a key of its own: each certificate has another, so that none outlives its certificate.
func NewRequest(subject Subject) (Request, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Request{}, fmt.Errorf("make a key: %w", err)
	}
	template := x509.CertificateRequest{Subject: pkix.Name{CommonName: subject.commonName()}, DNSNames: subject.Names}
	for _, text := range subject.Addresses {
		address := net.ParseIP(text)
		if address == nil {
			return Request{}, fmt.Errorf("request a certificate: %q is no IP address", text)
		}
		template.IPAddresses = append(template.IPAddresses, address)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &template, key)
	if err != nil {
		return Request{}, fmt.Errorf("request a certificate for %s: %w", subject.CommonName, err)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return Request{}, fmt.Errorf("request a certificate for %s: %w", subject.CommonName, err)
	}
	return Request{csr: csr, key: privateKey{key}}, nil
}

// DecodeRequest reads what Encode gave.
func DecodeRequest(text secret.Value) (Request, error) {
	key, err := parseKey(text.Reveal())
	if err != nil {
		return Request{}, fmt.Errorf("the request for a certificate: %w", err)
	}
	block := findBlock([]byte(text.Reveal()), requestBlock)
	if block == nil {
		return Request{}, errors.New("the request for a certificate: it is not there")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return Request{}, fmt.Errorf("the request for a certificate: %w", err)
	}
	if !key.belongsTo(csr.PublicKey) {
		return Request{}, errors.New("the request for a certificate: it is for another key")
	}
	return Request{csr: csr, key: key}, nil
}

// Encode gives key and request in PEM, for a file that only the charm reads.
func (r Request) Encode() secret.Value { return secret.New(r.key.pem() + r.pem()) }

// Databag is the value of RequestsKey by which a unit asks for its certificate.
func (r Request) Databag() string {
	// Providers' libraries want the word ca even where it is false.
	text, err := json.Marshal([]struct {
		Request string `json:"certificate_signing_request"`
		CA      bool   `json:"ca"`
	}{{Request: r.pem()}})
	if err != nil {
		panic(err) // a struct of text encodes
	}
	return string(text)
}

// IsZero says whether there is no request.
func (r Request) IsZero() bool { return r.csr == nil }

// IsFor says whether the request names the subject, all of it and nothing else.
func (r Request) IsFor(subject Subject) bool {
	if r.IsZero() {
		return false
	}
	var addresses []string
	for _, address := range r.csr.IPAddresses {
		addresses = append(addresses, address.String())
	}
	return r.csr.Subject.CommonName == subject.commonName() && sameSet(r.csr.DNSNames, subject.Names) && sameSet(addresses, subject.Addresses)
}

// Answers says whether the certificate was given for this request.
func (r Request) Answers(certificate Certificate) bool {
	return !r.IsZero() && !certificate.IsZero() && r.key.belongsTo(certificate.leaf.PublicKey)
}

// is says whether the text is this request, as PEM.
func (r Request) is(text string) bool {
	block := findBlock([]byte(text), requestBlock)
	return block != nil && bytes.Equal(block.Bytes, r.csr.Raw)
}

func (r Request) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: requestBlock, Bytes: r.csr.Raw}))
}

func (s Subject) commonName() string { return s.CommonName[:min(len(s.CommonName), maxCommonName)] }

func sameSet(some, others []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(some)), slices.Sorted(slices.Values(others)))
}
