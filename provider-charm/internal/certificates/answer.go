package certificates

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// The keys of the provider's application databag.
const (
	answersKey  = "certificates"
	refusalsKey = "request_errors"
)

// maxDatabag bounds what is parsed: some hundred units with long chains have less.
const maxDatabag = 4 << 20

// maxSaid is how much of a provider's own words is repeated.
const maxSaid = 200

// ErrNotIssued says that the provider has not answered yet.
var ErrNotIssued = errors.New("the certificate is not issued yet")

// ErrRevoked says that the provider took the certificate back.
var ErrRevoked = errors.New("the certificate was revoked by its provider")

// answer is one entry of the provider's list. Keys that are not named here are none of ours.
type answer struct {
	CA          string   `json:"ca"`
	Chain       []string `json:"chain"`
	Certificate string   `json:"certificate"`
	Revoked     bool     `json:"revoked"`
}

// Answer finds what the provider has made of the request, in its application databag, and checks it. Where it gave
// several, the one that began last counts. ErrNotIssued: nothing yet. All else is trouble that a person may read.
func (r Request) Answer(databag map[string]string, addresses []string, now time.Time) (Certificate, error) {
	entries, err := r.entries(databag, answersKey, "certificate_signing_request")
	if err != nil {
		return Certificate{}, err
	}
	var found Certificate
	var trouble error
	for _, entry := range entries {
		certificate, err := r.read(entry, addresses, now)
		if err != nil {
			trouble = err
		} else if found.IsZero() || certificate.leaf.NotBefore.After(found.leaf.NotBefore) {
			found = certificate
		}
	}
	switch {
	case !found.IsZero():
		return found, nil
	case trouble != nil:
		return Certificate{}, trouble
	}
	return Certificate{}, r.refusal(databag)
}

// entries are those of a list in the databag that are about this request. Other units' entries are their business, and so
// is what may be wrong with them.
func (r Request) entries(databag map[string]string, list, field string) ([]json.RawMessage, error) {
	text := databag[list]
	if text == "" {
		return nil, nil
	}
	if len(text) > maxDatabag {
		return nil, fmt.Errorf("the provider's databag: %s has %d bytes, more than %d", list, len(text), maxDatabag)
	}
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fmt.Errorf("the provider's databag: %s is not a JSON list: %w", list, err)
	}
	var own []json.RawMessage
	for _, entry := range all {
		var fields map[string]json.RawMessage
		var request string
		if json.Unmarshal(entry, &fields) == nil && json.Unmarshal(fields[field], &request) == nil && r.is(request) {
			own = append(own, entry)
		}
	}
	return own, nil
}

func (r Request) read(entry json.RawMessage, addresses []string, now time.Time) (Certificate, error) {
	var answer answer
	if err := json.Unmarshal(entry, &answer); err != nil {
		return Certificate{}, fmt.Errorf("the provider's databag: %w", err)
	}
	if answer.Revoked {
		return Certificate{}, ErrRevoked
	}
	return assemble(r.key, answer.Certificate, strings.Join(answer.Chain, "\n"), answer.CA, addresses, now)
}

// refusal is the provider's reason not to issue, or ErrNotIssued.
func (r Request) refusal(databag map[string]string) error {
	entries, err := r.entries(databag, refusalsKey, "csr")
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return ErrNotIssued
	}
	var refused struct {
		Error struct {
			Code    int    `json:"code"`
			Name    string `json:"name"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(entries[len(entries)-1], &refused); err != nil {
		return fmt.Errorf("the provider's databag: %s: %w", refusalsKey, err)
	}
	reason := printable(or(refused.Error.Message, refused.Error.Name))
	return fmt.Errorf("the provider refuses the request: %s (%d)", reason, refused.Error.Code)
}

// printable keeps another's words on one line of a status.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	if runes := []rune(text); len(runes) > maxSaid {
		return string(runes[:maxSaid]) + "…"
	}
	return text
}
