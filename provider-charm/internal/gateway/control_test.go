package gateway_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

func TestTheControlSocketIsPrivate(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	info, err := os.Lstat(f.config.Control)
	require.NoError(t, err)
	assert.Equal(t, fs.ModeSocket|0o660, info.Mode())
}

func TestAStaleSocketIsReplaced(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	require.NoError(t, f.end())
	_, err := f.control.Status(t.Context())
	require.ErrorContains(t, err, "is its service running?")
	require.FileExists(t, f.config.Control, "it stays, as it does after a kill")

	f.run(t)
	_, err = f.control.Status(t.Context())
	require.NoError(t, err)
}

func TestASocketMayHaveALongPath(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`), func(f *fixture) {
		directory := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
		require.NoError(t, os.MkdirAll(directory, 0o700))
		f.config.Control = filepath.Join(directory, "gateway.socket")
	})
	_, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	info, err := os.Lstat(f.config.Control)
	require.NoError(t, err)
	assert.Equal(t, fs.ModeSocket|0o660, info.Mode())
}

func TestRunSaysWhatItCannotListenOn(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	directory := t.TempDir()
	good := gateway.Config{
		Listen: "127.0.0.1:0", Upstream: "http://127.0.0.1:1",
		Accounts: filepath.Join(directory, "accounts"), Control: filepath.Join(directory, "socket"),
	}
	file := filepath.Join(directory, "file")
	require.NoError(t, os.WriteFile(file, []byte("precious"), 0o600))
	for want, change := range map[string]func(*gateway.Config){
		"address already in use":              func(c *gateway.Config) { c.Listen = taken.Addr().String() },
		file + ": there is something else in": func(c *gateway.Config) { c.Control = file },
		"no such file or directory":           func(c *gateway.Config) { c.Control = filepath.Join(directory, "none", "socket") },
		"upstream \"\": it must be":           func(c *gateway.Config) { c.Upstream = "" },
	} {
		config := good
		change(&config)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		document, err := json.Marshal(config)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "gateway.json")
		require.NoError(t, os.WriteFile(path, document, 0o600))
		require.ErrorContains(t, gateway.Run(ctx, path, prometheus.NewRegistry(), slog.New(slog.DiscardHandler)), want)
		cancel()
	}
	require.FileExists(t, file)
}

func TestConfigurationIsReadWithDefaults(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gateway.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"listen":"10.0.0.1:8083","upstream":"http://127.0.0.1:8084",
		"accounts":"/a","control":"/c","upstream_timeout":"3m"}`), 0o600))

	config, err := gateway.Load(path)

	require.NoError(t, err)
	assert.Equal(t, gateway.Config{
		Listen: "10.0.0.1:8083", Upstream: "http://127.0.0.1:8084", Accounts: "/a", Control: "/c",
		MaxBody: 1 << 20, MaxSignedBody: 8 << 20, MaxListing: 64 << 20, MaxInFlight: 256, MaxInFlightPerAccount: 64,
		Burst:       10,
		BodyTimeout: gateway.Duration(30 * time.Second), UpstreamTimeout: gateway.Duration(3 * time.Minute),
		ShutdownTimeout: gateway.Duration(10 * time.Second),
	}, config)
	encoded, err := json.Marshal(config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, encoded, 0o600))
	again, err := gateway.Load(path)
	require.NoError(t, err)
	assert.Equal(t, config, again)
}

func TestConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	good := map[string]any{"listen": "10.0.0.1:8083", "upstream": "http://127.0.0.1:8084", "accounts": "/a", "control": "/c"}
	cases := map[string]struct {
		key   string
		value any
		want  string
	}{
		"unknown key":                {"acounts", "/a", "acounts"},
		"host name":                  {"listen", "localhost:8083", "IP address"},
		"no listen":                  {"listen", "", "listen"},
		"no upstream":                {"upstream", "", "upstream"},
		"https upstream":             {"upstream", "https://127.0.0.1:8084", "of the form"},
		"upstream with a path":       {"upstream", "http://127.0.0.1:8084/x", "of the form"},
		"upstream with an account":   {"upstream", "http://a:b@127.0.0.1:8084", "of the form"},
		"upstream that all reach":    {"upstream", "http://10.0.0.1:8084", "loopback"},
		"upstream without a port":    {"upstream", "http://127.0.0.1", "loopback"},
		"relative accounts":          {"accounts", "a", "absolute"},
		"no control":                 {"control", "", "absolute"},
		"negative limit":             {"max_body", -1, "max_body"},
		"negative number":            {"max_in_flight", -1, "max_in_flight"},
		"number instead of duration": {"body_timeout", 30, "body_timeout"},
		"no duration":                {"body_timeout", "soon", "30s or 2m"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := map[string]any{}
			for key, value := range good {
				document[key] = value
			}
			document[c.key] = c.value
			encoded, err := json.Marshal(document)
			require.NoError(t, err)
			assertRefused(t, string(encoded), c.want)
		})
	}
	encoded, err := json.Marshal(good)
	require.NoError(t, err)
	assertRefused(t, string(encoded)+"{}", "behind")
	assertRefused(t, strings.Repeat(" ", 70000), "larger")
	assertRefused(t, strings.ReplaceAll(string(encoded), "10.0.0.1:8083", "127.0.0.1:8084"), "upstream and listen are both")
	_, err = gateway.Load(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func assertRefused(t *testing.T, document, want string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gateway.json")
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	_, err := gateway.Load(path)
	require.ErrorContains(t, err, want)
	require.ErrorContains(t, err, path)
}
