package schemas

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// FieldError is one key of a databag that breaks one rule.
type FieldError struct {
	Document string // "requirer" or "provider"
	Key      string
	// Value is what the key holds, made safe to show: credentials in a URL and
	// values that may be secrets are left out, a long value is cut. Empty when
	// the key is missing.
	Value string
	// Rule is what the value must be, as the schema puts it.
	Rule string
	// Missing tells a key that is not there (yet) from one that is wrong.
	Missing bool
}

// Error names the databag, the key and the rule.
func (e *FieldError) Error() string {
	if e.Missing {
		return fmt.Sprintf("%s databag: %s %s", e.Document, e.Key, e.Rule)
	}
	return fmt.Sprintf("%s databag: %s %s, it is %q", e.Document, e.Key, e.Rule, e.Value)
}

// IsMissing tells whether err says no more than that keys are not there: a
// databag that may still become complete (wait), and not a wrong one (blocked).
func IsMissing(err error) bool {
	problems := Problems(err)
	return len(problems) > 0 && !slices.ContainsFunc(problems, func(p *FieldError) bool { return !p.Missing })
}

// Problems lists the field errors in err, in their order; nil when err holds none.
func Problems(err error) []*FieldError {
	switch err := err.(type) {
	case *FieldError:
		return []*FieldError{err}
	case interface{ Unwrap() error }:
		return Problems(err.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*FieldError
		for _, part := range err.Unwrap() {
			all = append(all, Problems(part)...)
		}
		return all
	}
	return nil
}

// without is err but for the problems of some keys; nil where it is of no others.
func without(err error, keys ...string) error {
	var rest []error
	for _, problem := range Problems(err) {
		if !slices.Contains(keys, problem.Key) {
			rest = append(rest, problem)
		}
	}
	return errors.Join(rest...)
}

// explain turns findings into errors, one for each rule of each key.
func (d *document) explain(found []finding, databag map[string]string) error {
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.location, b.location))
	})
	var problems []error
	seen := map[FieldError]bool{}
	for _, broken := range found {
		problem := FieldError{
			Document: d.name,
			Key:      broken.key,
			Rule:     broken.text,
			Missing:  broken.missing,
		}
		if !broken.missing {
			problem.Value = showable(broken.key, databag[broken.key])
		}
		if !seen[problem] {
			seen[problem] = true
			problems = append(problems, &problem)
		}
	}
	return errors.Join(problems...)
}

const (
	hidden   = "***"
	longest  = 120 // characters of a value that an error shows
	ellipsis = "…"
)

// showable makes a databag value fit for an error, a log or a status line.
func showable(key, value string) string {
	switch key {
	case keyPluginURL, keyResource, keyEndpoints:
		value = hideCredentials(value)
	case keyPluginSHA256, keyRequestedSecrets, keyRequestID, keyVersion, keyStatus:
	default:
		// A secret URI is no secret. But what stands here is not one, and may be
		// the password itself.
		value = hidden
	}
	if runes := []rune(value); len(runes) > longest {
		value = string(runes[:longest]) + ellipsis
	}
	return value
}

// hideCredentials takes user and password, queries and fragments out of one URL
// or several. The text may be no proper URL at all, so it would rather hide too
// much: everything up to the last @, everything after the first ? or #.
func hideCredentials(text string) string {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		start := 0
		if scheme := strings.Index(text[:at], "://"); scheme >= 0 {
			start = scheme + len("://")
		}
		text = text[:start] + hidden + text[at:]
	}
	if query := strings.IndexAny(text, "?#"); query >= 0 {
		text = text[:query+1] + hidden
	}
	return text
}
