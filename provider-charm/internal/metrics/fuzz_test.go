package metrics

import (
	"bytes"
	"testing"
)

// Whatever a worker answers, it is read or refused.
func FuzzListing(f *testing.F) {
	for _, answer := range []string{`{"a":{"status":{"connector":{"state":"RUNNING"},"tasks":[{"id":0,"state":"FAILED"}]}}}`, `{"a":null}`, `{"a":{`, `[]`, `{}{}`, ``} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(_ *testing.T, answer []byte) {
		_, _ = decodeListing(bytes.NewReader(answer))
	})
}
