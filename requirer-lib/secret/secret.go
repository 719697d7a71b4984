// Package secret holds the one type in which secret text travels through this library: it prints itself redacted
// wherever values are usually printed, so that a password reaches a log or an error only by an explicit Reveal.
package secret

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// Redacted is what a Value shows of itself.
const Redacted = "[redacted]"

// Value is a text that must not be shown. Two values are equal (==) when their texts are; the zero Value is the empty text.
//
// The text stands behind a handle: package fmt calls no methods on a Value in an unexported field, and prints what is
// inside instead. That is an address then, and not the text.
type Value struct{ handle unique.Handle[string] }

// New wraps text.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{unique.Make(text)}
}

// Reveal gives the text. Whoever calls it answers for where it goes.
func (v Value) Reveal() string {
	if v.IsZero() {
		return ""
	}
	return v.handle.Value()
}

// IsZero says whether there is no text.
func (v Value) IsZero() bool { return v == Value{} }

func (v Value) String() string { return Redacted }

// GoString covers %#v.
func (v Value) GoString() string { return Redacted }

// Format covers every verb of package fmt, also the ones that bypass String.
func (v Value) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, Redacted) }

// MarshalText covers JSON, YAML and XML.
func (v Value) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue covers package slog.
func (v Value) LogValue() slog.Value { return slog.StringValue(Redacted) }
