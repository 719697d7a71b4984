package state

import (
	"fmt"
	"io"
	"regexp"
)

// Value is what a file has for a key of a configuration: a text, or where one is to be taken from. Printed, it shows a
// reference, and of a text only that there is one.
type Value struct {
	text      string
	reference Reference
}

// Text is a value that is written in the file itself.
func Text(text string) Value { return Value{text: text} }

// Reference is where a value is to be taken from: the environment of whoever reads the file, or a secret. What it stands
// for is secret, wherever it comes from.
type Reference struct {
	Env    string `json:"env,omitempty"`
	Secret string `json:"secret,omitempty"`
	Key    string `json:"key,omitempty"` // in the secret; empty: it has no keys
}

// IsValid says whether it names a variable, or a secret with or without a key, and nothing else.
func (r Reference) IsValid() bool {
	if r.Env != "" {
		return envName.MatchString(r.Env) && r.Secret == "" && r.Key == ""
	}
	return isSecretPart(r.Secret) && (r.Key == "" || isSecretPart(r.Key))
}

// From is a value that stands somewhere else.
func From(reference Reference) Value { return Value{reference: reference} }

// Text gives the text; there is none where the value is a reference.
func (v Value) Text() string { return v.text }

// Reference says where the value is to be taken from, if it is a reference.
func (v Value) Reference() (reference Reference, is bool) {
	return v.reference, v.reference != Reference{}
}

// IsZero says whether there is neither a text nor a reference.
func (v Value) IsZero() bool { return v == Value{} }

// String is as it is written in a file.
func (r Reference) String() string {
	switch {
	case r.Env != "":
		return "{env: " + r.Env + "}"
	case r.Key != "":
		return "{secret: " + r.Secret + ", key: " + r.Key + "}"
	}
	return "{secret: " + r.Secret + "}"
}

// Format covers every verb of package fmt.
func (v Value) Format(s fmt.State, _ rune) {
	shown := "a text"
	if reference, is := v.Reference(); is {
		shown = reference.String()
	}
	_, _ = io.WriteString(s, shown)
}

var (
	envName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	secretPart = regexp.MustCompile(`^[A-Za-z0-9._-]{1,255}$`)
)

// isSecretPart says whether this may be the name of a file in a directory of secrets.
func isSecretPart(name string) bool {
	return secretPart.MatchString(name) && name != "." && name != ".."
}
