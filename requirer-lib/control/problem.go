package control

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrOther is said of a message of the protocol that is not for control: a record, a state, a log. It is none of this
// package's business and passes by.
var ErrOther = errors.New("this is a message of the protocol that is not for control")

// Problem is one thing that is wrong with a message. It shows no value that stands there.
type Problem struct {
	// Field is the place: emitted_at, connectorConfig.config.api_key; empty for the message as a whole. In an envelope, it
	// begins with control.
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"` // follows the field: "has to be a number"
}

// Error is the field and the reason, in one line.
func (p Problem) Error() string {
	if p.Field == "" {
		return "the message " + p.Reason
	}
	return p.Field + " " + p.Reason
}

// Problems are all that is wrong with one message.
type Problems []Problem

// Error is one line.
func (p Problems) Error() string {
	texts := make([]string, 0, len(p))
	for _, problem := range p {
		texts = append(texts, problem.Error())
	}
	return strings.Join(texts, "; ")
}

// asError is nil where there are none.
func (p Problems) asError() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// maxProblems is how many are told of one message.
const maxProblems = 50

func (p *Problems) add(field, reason string, args ...any) {
	switch {
	case len(*p) < maxProblems:
		*p = append(*p, Problem{Field: field, Reason: fmt.Sprintf(reason, args...)})
	case len(*p) == maxProblems:
		*p = append(*p, Problem{Reason: fmt.Sprintf("has more that is wrong: the first %d are told", maxProblems)})
	}
}

// longestName is how much of a key is shown, in bytes.
const longestName = 120

// shown makes a key that somebody else has chosen fit for one line of text.
func shown(key string) string {
	if len(key) > longestName {
		cut := longestName
		for !utf8.RuneStart(key[cut]) {
			cut--
		}
		key = key[:cut] + "…"
	}
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(key)
	}
	return key
}
