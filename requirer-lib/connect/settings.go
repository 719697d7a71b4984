package connect

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
)

// Settings is a configuration that came from a worker, passwords included, in
// clear. It is a map like any other, and can be given to whatever takes a
// map[string]string; but printed, logged or written as JSON it hides the values
// that go by a secret's name, and passwords in URLs.
type Settings map[string]string

// Shown is a copy without what must not be shown.
func (s Settings) Shown() map[string]string {
	if s == nil {
		return nil
	}
	hide := secretValues(s)
	shown := maps.Clone(map[string]string(s))
	for key, value := range shown {
		if IsSecret(key) && value != "" {
			shown[key] = hiddenText
		} else {
			shown[key] = redact(value, hide)
		}
	}
	return shown
}

// Format covers every verb of package fmt, by itself and as a field.
func (s Settings) Format(state fmt.State, verb rune) {
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), s.Shown())
}

// MarshalJSON is what a log in JSON shows.
func (s Settings) MarshalJSON() ([]byte, error) { return json.Marshal(s.Shown()) }

// LogValue covers package slog.
func (s Settings) LogValue() slog.Value { return slog.AnyValue(s.Shown()) }
