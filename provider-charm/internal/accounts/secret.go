package accounts

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a clear-text password. Whatever prints, logs or encodes it gets a placeholder; only Reveal gives the text.
// Two things no type can prevent: fmt does not call methods of unexported struct fields, and encoding/json writes map
// keys as they are. Do not print a struct that hides a Secret, and do not make it a key.
type Secret string

// Reveal gives the clear text: for the content of a Juju secret and for checking, nothing else.
func (s Secret) Reveal() string { return string(s) }

// String gives a placeholder.
func (s Secret) String() string { return redacted }

// GoString gives a placeholder.
func (s Secret) GoString() string { return redacted }

// Format gives a placeholder for every verb: without it a wrong verb such as %d would print the text.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalJSON gives a placeholder.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText gives a placeholder to every other encoder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue gives a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
