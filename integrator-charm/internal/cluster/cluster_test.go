package cluster_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/secret"
)

func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
	return path
}

func TestAContextIsOpenedWithItsPassword(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	server.SetPassword("manager", "hunter2")
	context := settings.Context{
		Name: "test", Endpoints: []string{server.URL()}, Username: "manager",
		PasswordFile: write(t, filepath.Join(t.TempDir(), "password"), "hunter2\n", 0o600),
	}
	opened, err := cluster.Open(context, cluster.Options{})
	require.NoError(t, err)
	t.Cleanup(opened.Close)
	_, err = opened.Client.Connectors(t.Context())
	require.NoError(t, err)

	context.PasswordFile = ""
	opened, err = cluster.Open(context, cluster.Options{Password: func() (secret.Value, error) { return secret.New("wrong"), nil }})
	require.NoError(t, err)
	t.Cleanup(opened.Close)
	_, err = opened.Client.Connectors(t.Context())
	require.ErrorIs(t, err, connect.ErrUnauthorized)
}

func TestWhatIsMissingIsToldBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	endpoints := []string{"http://127.0.0.1:1"}
	none := filepath.Join(t.TempDir(), "none")
	for name, context := range map[string]settings.Context{
		"context a: no cluster is named":           {},
		"context a: no password":                   {Endpoints: endpoints, Username: "u"},
		"context a: read the secret: open " + none: {Endpoints: endpoints, Username: "u", PasswordFile: none},
		"context a: read the CA: open " + none:     {Endpoints: endpoints, CAFile: none},
	} {
		context.Name = "a"
		_, err := cluster.Open(context, cluster.Options{})
		assert.ErrorContains(t, err, name)
	}
	_, err := cluster.Open(settings.Context{}, cluster.Options{})
	require.ErrorIs(t, err, cluster.ErrNoEndpoints)
	refused := errors.New("no terminal")
	_, err = cluster.Open(settings.Context{Endpoints: endpoints, Username: "u"}, cluster.Options{
		Password: func() (secret.Value, error) { return secret.Value{}, refused },
	})
	require.ErrorIs(t, err, refused)
}

func TestAPasswordThatEverybodyCanReadIsWarnedOf(t *testing.T) {
	t.Parallel()
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true} {
		var said bytes.Buffer
		path := write(t, filepath.Join(t.TempDir(), "password"), "hunter2", mode)
		value, err := cluster.ReadSecret(path, slog.New(slog.NewTextHandler(&said, nil)))
		require.NoError(t, err)
		assert.Equal(t, "hunter2", value.Reveal())
		assert.Equal(t, warned, strings.Contains(said.String(), path), mode)
		assert.NotContains(t, said.String(), "hunter2")
	}
}

func TestOwnersAreToldByTheSuffixOrElseByTheMark(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	for suffix, owned := range map[string]connectors.Owned{
		"":     {Mark: "payments"},
		"_r7_": {Names: connectors.Suffix("_r7_")},
	} {
		opened, err := cluster.Open(settings.Context{Name: "a", Endpoints: []string{server.URL()}, NameSuffix: suffix}, cluster.Options{})
		require.NoError(t, err)
		t.Cleanup(opened.Close)
		owned.Client = opened.Client
		assert.Equal(t, owned, opened.Owned("payments"))
	}
}

func TestASecretHasALimit(t *testing.T) {
	t.Parallel()
	_, err := cluster.ReadSecret(write(t, filepath.Join(t.TempDir(), "huge"), strings.Repeat("x", 1<<20+1), 0o600), nil)
	require.ErrorContains(t, err, "more than")
}
