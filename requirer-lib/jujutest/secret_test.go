package jujutest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// run is a step that runs tools by their command lines and fails with the first one that fails.
func run(commands ...[]string) func(context.Context, *hook.Hook) error {
	return func(ctx context.Context, _ *hook.Hook) error {
		for _, c := range commands {
			if _, err := jujutest.RunTool(ctx, c[0], c[1:]...); err != nil {
				return err
			}
		}
		return nil
	}
}

// words makes a command line of words without spaces in them.
func words(format string, args ...any) []string { return strings.Fields(fmt.Sprintf(format, args...)) }

// shared is a pair with a secret of the server application that the client may read.
func shared(t *testing.T) (m *jujutest.Model, server, client *script, relation int, uri string) {
	t.Helper()
	m, server, client, relation = pair(t, jujutest.Options{HookRetries: -1})
	server.do(t, m, "server/0", run(words("secret-add --label creds password=one")))
	uri = m.Secrets()[0].URI
	server.do(t, m, "server/0", run(words("secret-grant %s -r %d", uri, relation)))
	return m, server, client, relation, uri
}

// reads makes a unit read a secret and compares what it gets.
func reads(t *testing.T, m *jujutest.Model, s *script, unit, want string, command ...string) {
	t.Helper()
	s.do(t, m, unit, func(ctx context.Context, _ *hook.Hook) error {
		got, err := jujutest.RunTool(ctx, command[0], command[1:]...)
		assert.NoError(t, err)
		assert.Equal(t, want+"\n", got)
		return nil
	})
}

// refused makes a unit run a tool and compares its refusal.
func refused(t *testing.T, m *jujutest.Model, s *script, unit, want string, command ...string) {
	t.Helper()
	s.do(t, m, unit, func(ctx context.Context, _ *hook.Hook) error {
		_, err := jujutest.RunTool(ctx, command[0], command[1:]...)
		var refusal *hook.ToolError
		if assert.ErrorAs(t, err, &refusal) {
			assert.Equal(t, want, refusal.Message)
		}
		return nil
	})
}

func TestAGrantInTheHookOfItsSecretAddIsLost(t *testing.T) {
	t.Parallel()
	for _, survives := range []bool{false, true} {
		t.Run(fmt.Sprintf("survives=%v", survives), func(t *testing.T) {
			t.Parallel()
			m, server, client, id := pair(t, jujutest.Options{GrantsSurviveSecretAdd: survives})
			server.do(t, m, "server/0", func(ctx context.Context, h *hook.Hook) error {
				_, err := h.SecretAdd(ctx, hook.SecretContent{}, hook.SecretOptions{})
				assert.Error(t, err, "a secret needs content")
				uri, err := jujutest.RunTool(ctx, "secret-add", "password=x")
				require.NoError(t, err)
				uri = strings.TrimSpace(uri)
				require.NoError(t, h.SecretGrant(ctx, uri, hook.RelationID(id)))
				info, err := h.SecretInfo(ctx, uri)
				assert.Empty(t, info.Access, "the hook itself does not see its grant")
				return err
			})
			secret := m.Secrets()[0]
			if survives {
				require.Len(t, secret.Access, 1)
				reads(t, m, client, "client/0", "password: x", "secret-get", secret.URI)
				return
			}
			assert.Empty(t, secret.Access)
			refused(t, m, client, "client/0", `"client/0" is not allowed to read this secret`, "secret-get", secret.URI)
		})
	}
}

func TestAConsumerKeepsReadingItsRevisionUntilItRefreshes(t *testing.T) {
	t.Parallel()
	m, server, client, _, uri := shared(t)
	reads(t, m, client, "client/0", "password: one", "secret-get", uri)
	server.do(t, m, "server/0", run(words("secret-set %s password=two", uri)))
	reads(t, m, client, "client/0", "password: one", "secret-get", uri)
	reads(t, m, client, "client/0", "password: two", "secret-get", uri, "--peek")
	reads(t, m, client, "client/0", "one", "secret-get", uri, "password")
	reads(t, m, client, "client/0", "two", "secret-get", uri, "password", "--refresh")
	reads(t, m, client, "client/0", "two", "secret-get", uri, "password")
	reads(t, m, client, "client/0", "dHdv", "secret-get", uri, "password#base64")
	reads(t, m, client, "client/0", `{"password":"two"}`, "secret-get", uri, "--format=json")
	assert.Equal(t, []jujutest.SecretConsumer{{Unit: "client/0", Revision: 2}}, m.Secrets()[0].Consumers)
}

func TestANewRevisionIsToldToThoseWhoTrackAnOlderOne(t *testing.T) {
	t.Parallel()
	m, server, client, _, uri := shared(t)
	reads(t, m, client, "client/0", "password: one", "secret-get", uri, "--label", "mine")
	before := len(m.HookLog())
	server.do(t, m, "server/0", run(words("secret-set %s password=two", uri)))
	assert.Equal(t, []string{"secret-changed"}, since(m, before, "client/0"))
	env := envOf(lastRun(t, m, "client/0", "secret-changed"))
	assert.Equal(t, uri, env["JUJU_SECRET_ID"])
	assert.Equal(t, "mine", env["JUJU_SECRET_LABEL"])
	assert.NotContains(t, env, "JUJU_SECRET_REVISION")
	assert.Empty(t, since(m, before, "server/1"), "who has not read it is told nothing")
	before = len(m.HookLog())
	server.do(t, m, "server/0", run(words("secret-set %s password=two", uri)))
	assert.Empty(t, since(m, before, "client/0"), "the same content is no new revision")
}

func TestARevisionThatNobodyTracksIsToldToItsOwner(t *testing.T) {
	t.Parallel()
	m, server, client, _, uri := shared(t)
	reads(t, m, client, "client/0", "password: one", "secret-get", uri)
	server.do(t, m, "server/0", run(words("secret-set %s password=two", uri)))
	assert.NotContains(t, m.HookNames("server/0"), "secret-remove")
	server.on("server/0", "secret-remove", func(ctx context.Context, h *hook.Hook) error {
		assert.Equal(t, 1, h.Secret.Revision)
		assert.Equal(t, "creds", h.Secret.Label)
		return h.SecretRemove(ctx, h.Secret.URI, h.Secret.Revision)
	})
	reads(t, m, client, "client/0", "password: two", "secret-get", uri, "--refresh")
	assert.Contains(t, m.HookNames("server/0"), "secret-remove")
	assert.NotContains(t, m.HookNames("server/1"), "secret-remove")
	assert.Equal(t, []int{2}, m.Secrets()[0].Revisions)
}

func TestPeersReadTheApplicationsSecretAndOnlyTheLeaderManagesIt(t *testing.T) {
	t.Parallel()
	m, server, client, id, uri := shared(t)
	reads(t, m, server, "server/1", "password: one", "secret-get", "--label", "creds")
	refused(t, m, server, "server/1", "this unit is not the leader", "secret-add", "password=x")
	refused(t, m, server, "server/1", fmt.Sprintf("secret %q not found", strings.TrimPrefix(uri, "secret:")), "secret-info-get", uri)
	refused(t, m, server, "server/1", fmt.Sprintf("secret %q not found", strings.TrimPrefix(uri, "secret:")), "secret-grant", uri, "-r", fmt.Sprint(id))
	for _, s := range []struct {
		who  *script
		unit string
	}{{server, "server/1"}, {client, "client/0"}} {
		s.who.on(s.unit, "update-status", run(words("secret-set %s password=stolen", uri)))
		require.NoError(t, m.UpdateStatus(s.unit))
		err := m.Settle(deadline(t))
		require.ErrorContains(t, err, fmt.Sprintf("updating secrets: %q is not allowed to manage this secret", s.unit))
		require.NoError(t, m.Resolve(s.unit, false))
	}
	content, err := m.RevealSecret(uri)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"password": "one"}, content)
}

func TestANewLeaderManagesTheApplicationsSecrets(t *testing.T) {
	t.Parallel()
	m, server, client, _, uri := shared(t)
	reads(t, m, client, "client/0", "password: one", "secret-get", uri)
	require.NoError(t, m.RemoveUnit("server/0"))
	settle(t, m)
	server.do(t, m, "server/1", run(words("secret-set %s password=two", uri), words("secret-info-get --label creds")))
	assert.Contains(t, m.HookNames("client/0"), "secret-changed")
}

func TestAGrantLastsAsLongAsItsRelation(t *testing.T) {
	t.Parallel()
	m, _, client, _, uri := shared(t)
	client.on("client/0", "database-relation-broken", run(words("secret-get %s", uri)))
	require.NoError(t, m.RemoveRelation("server", "client"))
	settle(t, m)
	assert.Empty(t, m.Secrets()[0].Access)
	refused(t, m, client, "client/0", `"client/0" is not allowed to read this secret`, "secret-get", uri)
}

func TestARevokedGrantEnds(t *testing.T) {
	t.Parallel()
	m, server, client, id, uri := shared(t)
	server.do(t, m, "server/0", run(words("secret-revoke %s -r %d", uri, id)))
	refused(t, m, client, "client/0", `"client/0" is not allowed to read this secret`, "secret-get", uri)
	server.do(t, m, "server/0", run(words("secret-grant %s -r %d --unit client/0", uri, id)))
	reads(t, m, client, "client/0", "password: one", "secret-get", uri)
	refused(t, m, server, "server/0", "any unit level grants need to be revoked before granting access to the corresponding application",
		"secret-grant", uri, "-r", fmt.Sprint(id))
	refused(t, m, server, "server/0", `cannot specify unit "server/1" in relation to application "client"`,
		"secret-grant", uri, "-r", fmt.Sprint(id), "--unit", "server/1")
}

func TestAnOwnersSecretsGoWithIt(t *testing.T) {
	t.Parallel()
	m, server, _, _, _ := shared(t)
	server.do(t, m, "server/1", run(words("secret-add --owner unit --label own password=x")))
	require.Len(t, m.Secrets(), 2)
	require.NoError(t, m.RemoveUnit("server/1"))
	settle(t, m)
	require.Len(t, m.Secrets(), 1)
	require.NoError(t, m.RemoveApplication("server"))
	settle(t, m)
	assert.Empty(t, m.Secrets())
}

func TestRotationAndExpiryAreToldToTheOwnerOnce(t *testing.T) {
	t.Parallel()
	m, server, _, _, uri := shared(t)
	server.on("server/0", "secret-rotate", func(ctx context.Context, h *hook.Hook) error {
		assert.Equal(t, uri, h.Secret.URI)
		return run(words("secret-set %s password=rotated", uri))(ctx, h)
	})
	require.NoError(t, m.RotateSecret(uri))
	settle(t, m)
	content, err := m.RevealSecret(uri)
	require.NoError(t, err)
	assert.Equal(t, "rotated", content["password"])
	require.NoError(t, m.ExpireSecret(uri))
	settle(t, m)
	assert.Equal(t, "2", envOf(lastRun(t, m, "server/0", "secret-expired"))["JUJU_SECRET_REVISION"])
	before := len(m.HookLog())
	settle(t, m)
	assert.Len(t, m.HookLog(), before)
}

func TestASecretOfAFailedHookIsNotMade(t *testing.T) {
	t.Parallel()
	m, server, _, _ := pair(t, jujutest.Options{HookRetries: -1})
	server.on("server/0", "update-status", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, run(words("secret-add password=x"))(ctx, h))
		return errorf("no")
	})
	require.NoError(t, m.UpdateStatus("server/0"))
	require.Error(t, m.Settle(deadline(t)))
	assert.Empty(t, m.Secrets())
}

func TestBothFormsOfASecretURIAreUnderstood(t *testing.T) {
	t.Parallel()
	m, _, client, _, uri := shared(t)
	id := strings.TrimPrefix(uri, "secret:")
	assert.Len(t, id, 20)
	for _, form := range []string{id, "secret:" + id, "secret://" + m.UUID() + "/" + id, "secret:" + m.UUID() + "/" + id} {
		reads(t, m, client, "client/0", "password: one", "secret-get", form)
	}
	refused(t, m, client, "client/0", `secret URI "secret:nonsense" not valid`, "secret-get", "secret:nonsense")
	foreign := "secret://" + strings.Repeat("0", 8) + m.UUID()[8:] + "/" + id
	refused(t, m, client, "client/0", "getting latest secret revision: secret not found", "secret-get", foreign)
}

func TestLabelsAreUniquePerOwner(t *testing.T) {
	t.Parallel()
	m, server, _, _, _ := shared(t)
	server.on("server/0", "update-status", run(words("secret-add --label creds password=x")))
	require.NoError(t, m.UpdateStatus("server/0"))
	require.ErrorContains(t, m.Settle(deadline(t)), `create secrets: secret with label "creds" already exists`)
	require.NoError(t, m.Resolve("server/0", false))
}
