package connectprovider_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/schemas"
)

const (
	providerYAML = "name: provider\nprovides: {connect-client: {interface: connect_client}}\n"
	requirerYAML = "name: client\nrequires: {connect-client: {interface: connect_client}}\n"
)

// client is a requirer that writes what a test wants and reads every secret that it is told of.
type client struct {
	asks     hook.Databag
	accounts []string // user names that it can read
}

func (c *client) run(ctx context.Context, h *hook.Hook) error {
	ids, err := h.RelationIDs(ctx, "connect-client")
	if err != nil || len(ids) == 0 || h.Kind == hook.RelationDeparted || h.Kind == hook.RelationBroken {
		return err
	}
	if err := h.RelationSetApp(ctx, ids[0], c.asks); err != nil {
		return err
	}
	bag, err := h.RelationGet(ctx, ids[0], "provider")
	if err != nil {
		return err
	}
	provider, _ := schemas.DecodeProvider(bag)
	c.accounts = nil
	for _, answer := range provider.Answers {
		if answer.SecretUser.IsZero() {
			continue
		}
		content, err := h.SecretGet(ctx, answer.SecretUser.String(), hook.Latest)
		if err != nil {
			return err // an ungranted secret fails a peer's hook
		}
		c.accounts = append(c.accounts, content["username"].Reveal())
	}
	return nil
}

func newModel(t *testing.T, seed uint64, clients map[string]*client) *jujutest.Model {
	t.Helper()
	m, err := jujutest.New(jujutest.Options{Seed: seed, HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	require.NoError(t, m.Deploy("provider", jujutest.FromFunc([]byte(providerYAML), dispatch), jujutest.DeployOptions{Units: 2}))
	for app, c := range clients {
		require.NoError(t, m.Deploy(app, jujutest.FromFunc([]byte(requirerYAML), c.run), jujutest.DeployOptions{Units: 1}))
	}
	return m
}

// settle has the provider's units look again, as Juju has them every five minutes.
func settle(t *testing.T, m *jujutest.Model) {
	t.Helper()
	require.NoError(t, m.Settle(t.Context()))
	require.NoError(t, m.UpdateStatus("provider/0", "provider/1"))
	require.NoError(t, m.Settle(t.Context()))
}

// The provider is the package's example.
func TestBothVersionsAreServedAtOnceInAnyOrderOfHooks(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 20; seed++ {
		older, newer := &client{asks: askedV0}, &client{asks: askedV1}
		m := newModel(t, seed, map[string]*client{"older": older, "newer": newer})
		_, err := m.Integrate("older", "provider")
		require.NoError(t, err)
		id, err := m.Integrate("newer", "provider")
		require.NoError(t, err)
		settle(t, m)
		require.Equal(t, []string{"relation-0"}, older.accounts, "seed %d", seed)
		require.Equal(t, []string{"relation-1-" + idA, "relation-1-" + idB}, newer.accounts, "seed %d", seed)

		newer.asks = hook.Databag{"version": "v1", "requests": request(idA, "http://a/p") + "]"}
		require.NoError(t, m.UpdateStatus("newer/0"))
		settle(t, m)
		require.Equal(t, []string{"relation-1-" + idA}, newer.accounts)
		require.ElementsMatch(t, []string{"connect-client.0.user.secret", "connect-client.1." + idA + ".user.secret"}, labels(m))

		require.NoError(t, m.RemoveRelation("newer", "provider"))
		settle(t, m)
		require.Equal(t, []string{"connect-client.0.user.secret"}, labels(m), "relation %d is gone", id)
	}
}

func TestARequirerIsRefreshedFromV0ToV1(t *testing.T) {
	t.Parallel()
	c := &client{asks: askedV0}
	m := newModel(t, 1, map[string]*client{"client": c})
	id, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	settle(t, m)
	require.Equal(t, []string{"relation-0"}, c.accounts)

	c.asks = askedV1 // beside the keys of v0
	require.NoError(t, m.UpdateStatus("client/0"))
	settle(t, m)
	require.Equal(t, []string{"relation-0-" + idA, "relation-0-" + idB}, c.accounts)
	bag, err := m.RelationData(id, "provider")
	require.NoError(t, err)
	assert.NotContains(t, bag, "secret-user")
	assert.NotContains(t, bag, "endpoints")
}

func labels(m *jujutest.Model) (all []string) {
	for _, info := range m.Secrets() {
		all = append(all, info.Label)
	}
	return all
}
