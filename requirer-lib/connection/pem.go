package connection

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
)

// PEM is the text of certificates, or a reference to it. JSON has a text or an object.
type PEM struct {
	Text string
	From *Reference // nil: Text
}

// MarshalJSON gives the text or the reference.
func (p PEM) MarshalJSON() ([]byte, error) {
	if p.From != nil {
		return json.Marshal(p.From)
	}
	return json.Marshal(p.Text)
}

// UnmarshalJSON takes a text or a reference. [Parse] is stricter.
func (p *PEM) UnmarshalJSON(data []byte) error {
	*p = PEM{}
	if err := json.Unmarshal(data, &p.Text); err == nil {
		return nil
	}
	return json.Unmarshal(data, &p.From)
}

const (
	wantCertificates = "must be certificates as PEM, or a reference to them"
	holdsMore        = "must be certificates alone: a key is a secret, and given by reference"
)

// faultOfCertificates says what is wrong with the text of certificates; empty: nothing.
func faultOfCertificates(text string) string {
	found := 0
	for rest := []byte(text); ; found++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return holdsMore
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return wantCertificates
		}
	}
	if found == 0 {
		return wantCertificates
	}
	return ""
}
