package probe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
	"connectcharms/tests/kafka"
	"connectcharms/tests/oauth"
	"connectcharms/tests/registry"
)

const registryPart = connection.PartSchemaRegistry

func startRegistry(t *testing.T, options registry.Options) *registry.Registry {
	t.Helper()
	dir, err := registry.Fetch(t.Context(), t.Output())
	require.NoError(t, err)
	options.Dir = t.TempDir()
	started, err := registry.Start(t.Context(), dir, options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, started.Stop()) })
	return started
}

// TestSchemaRegistry is of a real one, which speaks TLS, and asks for tokens that its identity provider has signed: from
// whoever logs in by Basic it takes those of OAuth's client, and gets the token itself.
func TestSchemaRegistry(t *testing.T) {
	t.Parallel()
	provider, err := oauth.Start()
	require.NoError(t, err)
	t.Cleanup(provider.Stop)
	authority, err := kafka.NewAuthority("the registry's authority")
	require.NoError(t, err)
	running := startRegistry(t, registry.Options{TLS: authority, Issuer: provider.Issuer()})
	spec := func(credentials *connection.Credentials) connection.Spec {
		return connection.Spec{ID: "registry", Type: connection.Direct, SchemaRegistry: &connection.SchemaRegistryConfig{
			URI: running.URL(), Credentials: credentials, TLS: &connection.TLS{CA: &connection.PEM{Text: authority.PEM()}},
		}}
	}
	ends := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	readers := map[string]any{"roles": []string{"reader"}}

	t.Run("a token", func(t *testing.T) {
		is := begin(spec(&connection.Credentials{Type: connection.OAuthBearer, Token: &connection.Reference{Secret: "token"}}))
		is.after(t, registryPart, secrets{"token": provider.Token("rita", ends, nil)})
		is.has(t, registryPart, connection.Failed, connection.PhaseAuthorize, "it answers 403")
		is.after(t, registryPart, secrets{"token": provider.Token("rita", ends, readers)})
		is.has(t, registryPart, connection.Success, "", "")
		assert.Equal(t, &connection.User{ID: "rita"}, is.status.SchemaRegistry.User)
		assert.Equal(t, ends, is.status.SchemaRegistry.RequiresAuthenticationAt)
		is.after(t, registryPart, secrets{"token": provider.Token("rita", time.Now().Add(-time.Minute), readers)})
		is.has(t, registryPart, connection.Expired, connection.PhaseAuthenticate, "it answers 401")
		is.after(t, registryPart, secrets{})
		is.has(t, registryPart, connection.Expired, connection.PhaseSecrets, "the token: {secret: token} cannot be read: file does not exist")
	})
	t.Run("client credentials", func(t *testing.T) {
		provider.Know("robot", "first", "reader")
		is := begin(spec(&connection.Credentials{
			Type: connection.OAuthBearer, ClientID: "robot", ClientSecret: &connection.Reference{Secret: "secret"}, TokenURL: provider.TokenURL(),
		}))
		is.after(t, registryPart, secrets{"secret": "first"})
		is.has(t, registryPart, connection.Success, "", "")
		provider.Know("robot", "second", "reader")
		is.after(t, registryPart, secrets{"secret": "first"})
		is.has(t, registryPart, connection.Expired, connection.PhaseToken, "it answers 401: invalid_client")
		is.after(t, registryPart, secrets{"secret": "second"})
		is.has(t, registryPart, connection.Success, "", "")
	})
	t.Run("Basic", func(t *testing.T) {
		provider.Know("bruno", "his own", "reader")
		is := begin(spec(login(connection.Basic, "bruno")))
		is.after(t, registryPart, secrets{"password": "another's"})
		is.has(t, registryPart, connection.Failed, connection.PhaseAuthenticate, "it answers 401")
		is.after(t, registryPart, secrets{"password": "his own"})
		is.has(t, registryPart, connection.Success, "", "")
		assert.Equal(t, &connection.User{Username: "bruno"}, is.status.SchemaRegistry.User)
	})
	t.Run("nobody", func(t *testing.T) {
		result := ask(t, registryPart, spec(nil), nil)
		assert.True(t, result.Refused, "%v", result.Errors)
	})
	t.Run("an authority that nobody knows", func(t *testing.T) {
		unknown := spec(login(connection.Basic, "bruno"))
		unknown.SchemaRegistry.TLS = nil
		is := begin(unknown)
		is.after(t, registryPart, secrets{"password": "his own"})
		is.has(t, registryPart, connection.Failed, connection.PhaseTLS, `its certificate is signed by "the registry's authority", which is not trusted`)
	})
	t.Run("one that hangs, and one that stops", func(t *testing.T) {
		provider.Know("bruno", "his own", "reader")
		is := begin(spec(login(connection.Basic, "bruno")))
		is.after(t, registryPart, secrets{"password": "his own"})
		is.has(t, registryPart, connection.Success, "", "")
		require.NoError(t, running.Pause())
		is.with(askWithin(t, time.Second, registryPart, is.spec, secrets{"password": "his own"}))
		is.isLate(t, registryPart)
		require.NoError(t, running.Resume())
		require.NoError(t, running.Stop())
		is.after(t, registryPart, secrets{"password": "his own"})
		is.has(t, registryPart, connection.Failed, connection.PhaseConnect, "nothing listens there: the connection was refused")
	})
}
