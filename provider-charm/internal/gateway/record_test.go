package gateway_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/requirer-lib/secret"
)

func withAudit(t testing.TB) change {
	return withConfig(func(c *gateway.Config) { c.Audit = filepath.Join(t.TempDir(), "audit.log") })
}

// records are the audit records without what is different each time.
func (f *fixture) records(t testing.TB) (all []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(f.config.Audit)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		var one map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &one))
		assert.NotEmpty(t, one["time"])
		for _, varies := range []string{"time", "duration_ms", "remote"} {
			delete(one, varies)
		}
		all = append(all, one)
	}
	return all
}

func TestTheAuditRecordSaysWhoDidWhatAndWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`), withAudit(t))
	f.do(t, f.one, "PUT", "/connectors/"+ofOne+"/config?hint=querysecret", `{"password":"bodysecret"}`)
	f.do(t, f.one, "GET", "/connectors/a/config", "")
	f.do(t, f.twelve, "DELETE", "/connectors/"+ofOne, "")
	f.do(t, f.operator, "PUT", "/admin/loggers/a", `{"level":"DEBUG"}`)
	f.do(t, user{name: "namesecret", password: secret.New("wrongsecret")}, "DELETE", "/connectors/a", "")
	f.do(t, user{name: f.one.name, password: secret.New("wrongsecret")}, "GET", "/connectors", "")
	f.write(t, f.one)
	_, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	require.NoError(t, f.end())

	request := func(account, kind, method, path string, status float64, outcome string) map[string]any {
		return map[string]any{
			"event": "request", "account": account, "kind": kind, "listener": "clients", "tls": false,
			"method": method, "path": path, "status": status, "outcome": outcome,
		}
	}
	refused := request("relation-12", "client", "DELETE", "/connectors/"+ofOne, 404, "refused")
	refused["reason"] = "Connector " + ofOne + " not found"
	attempt := request("-", "nobody", "DELETE", "/connectors/a", 401, "refused")
	known := request("relation-1", "nobody", "GET", "/connectors", 401, "refused")
	attempt["event"], known["event"] = "attempt", "attempt"
	assert.Equal(t, []map[string]any{
		request("relation-1", "client", "PUT", "/connectors/"+ofOne+"/config", 200, "done"),
		refused,
		request("operator", "operator", "PUT", "/admin/loggers/a", 200, "done"),
		attempt,
		known,
		{"event": "reload", "outcome": "done", "tls": false, "changed": []any{"accounts"}, "accounts": []any{"relation-1"}},
	}, f.records(t))
	text, err := os.ReadFile(f.config.Audit)
	require.NoError(t, err)
	for _, hidden := range []string{"querysecret", "bodysecret", "namesecret", "wrongsecret", "Basic ", f.one.password.Reveal()} {
		assert.NotContains(t, string(text), hidden)
	}
	info, err := os.Stat(f.config.Audit)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o027, "not for everybody to read")
}
