package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/secretfiles"
)

// Whatever a worker lists, a client is given JSON without what it must not see, or nothing.
func FuzzListing(f *testing.F) {
	for _, list := range []string{
		`["a","b_r12_0f1d7ba0c9a24f5a8f5e3b6d1c2e4a5b"]`, `{"a":{"status":{}},"b":{}}`, `{"b":1,"b":2}`, `[1]`, `null`, `["\u0062"]`, `[]{}`, "",
	} {
		f.Add([]byte(list))
	}
	hides := func(name string) bool { return strings.HasPrefix(name, "b") }
	f.Fuzz(func(t *testing.T, list []byte) {
		kept, err := without(list, hides)
		if err != nil {
			return
		}
		var names []string
		if json.Unmarshal(kept, &names) != nil {
			var connectors map[string]json.RawMessage
			if !assert.NoError(t, json.Unmarshal(kept, &connectors)) {
				return
			}
			for name := range connectors {
				names = append(names, name)
			}
		}
		for _, name := range names {
			assert.False(t, hides(name), "%q of %q", name, list)
		}
	})
}

// Wherever Kafka Connect finds a reference to the charm's provider in a value that was let through, it is to the client's own directory.
func FuzzReferences(f *testing.F) {
	own := secretfiles.Place(1)
	for _, value := range []string{
		"${connector-secrets:" + own.Path + ":a}", "${connector-secrets:" + own.Path + "/../relation-2:a}", "${x${connector-secrets:/a:b}}",
		"${file:/proc/self/cwd/secrets/relation-2/a:k}", "${connector-secrets:a}", "${a:b} ${\nconnector-secrets:/a:b}", "${connector-secrets:${:}",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if !mayRefer(accounts.Account{Relation: 1}, value) {
			return
		}
		for _, found := range reference.FindAllStringSubmatch(value, -1) {
			if found[1] == own.Provider {
				assert.Equal(t, own.Path, found[3], "%q", value)
			}
		}
	})
}
