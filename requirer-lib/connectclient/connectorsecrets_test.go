package connectclient_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// bringer is a provider that brings secrets, as far as a requirer sees it.
type bringer struct {
	mu    sync.Mutex
	cuts  bool                                           // it brings none (any more)
	slow  string                                         // a unit that does nothing so far
	units map[string]map[string]connectorsecrets.Content // what each has, by requirer
}

func (b *bringer) run(ctx context.Context, h *hook.Hook) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	leader, err := h.IsLeader(ctx)
	if err != nil || h.Unit == b.slow {
		return err
	}
	provider := connectprovider.New(h, connectprovider.Options{})
	relations, err := provider.Relations(ctx, leader)
	for _, relation := range relations {
		err = errors.Join(err, b.serve(ctx, h, provider, relation, leader))
	}
	return err
}

func (b *bringer) serve(ctx context.Context, h *hook.Hook, p *connectprovider.Provider, relation connectprovider.Relation, leader bool) error {
	if leader {
		offer := connectprovider.Offer{SecretsPlace: schemas.SecretsPlace{Provider: "p", Path: "/relation-" + relation.ID.String()}}
		if b.cuts {
			offer = connectprovider.Offer{}
		}
		if _, err := p.Publish(ctx, relation, offer); err != nil {
			return err
		}
	}
	content, named, err := p.ConnectorSecrets(ctx, relation)
	if _, unreadable := errors.AsType[*connectprovider.UnreadableError](err); unreadable {
		return nil // not granted yet, or gone
	}
	if err != nil || !named {
		return err
	}
	if b.units[h.Unit] == nil {
		b.units[h.Unit] = map[string]connectorsecrets.Content{}
	}
	b.units[h.Unit][relation.App] = content
	return p.AcknowledgeSecrets(ctx, relation.ID, content.Version)
}

// bringing is a requirer charm that has values for its connectors.
type bringing struct {
	mu      sync.Mutex
	content connectorsecrets.Content
	held    connectclient.Held
	place   schemas.SecretsPlace
}

func (b *bringing) run(ctx context.Context, h *hook.Hook) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	client := connectclient.New(h, connectclient.Options{})
	if err := client.Request(ctx, connectclient.NotRequired()); err != nil {
		return err
	}
	if leader, err := h.IsLeader(ctx); err != nil || leader && h.Kind == hook.RelationBroken {
		return errors.Join(err, client.RemoveSecrets(ctx))
	}
	connections, err := client.Connections(ctx)
	if err != nil || len(connections) == 0 {
		return err
	}
	place, brings := connections[0].SecretsPlace()
	b.place = place
	if !brings {
		return nil
	}
	if err := client.BringSecrets(ctx, connections[0].RelationID(), b.content); err != nil {
		return err
	}
	b.held, err = connections[0].SecretsHeld(ctx)
	return err
}

func values(version int64, files ...string) connectorsecrets.Content {
	content := connectorsecrets.Content{Version: version, Files: map[string]secret.Value{}}
	for _, file := range files {
		content.Files[file] = secret.New("value of " + file)
	}
	return content
}

func bringingModel(t *testing.T, seed uint64, b *bringer, c *bringing) (m *jujutest.Model, settle func()) {
	t.Helper()
	b.units = map[string]map[string]connectorsecrets.Content{}
	m, err := jujutest.New(jujutest.Options{Seed: seed, HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	require.NoError(t, m.Deploy("provider", jujutest.FromFunc([]byte(providerYAML), b.run), jujutest.DeployOptions{Units: 3}))
	require.NoError(t, m.Deploy("client", jujutest.FromFunc([]byte(requirerYAML), c.run), jujutest.DeployOptions{Units: 2}))
	return m, func() {
		t.Helper()
		require.NoError(t, m.Settle(t.Context()))
		require.NoError(t, m.UpdateStatus("client/0", "client/1", "provider/0", "provider/1", "provider/2"))
		require.NoError(t, m.Settle(t.Context()))
	}
}

func TestSecretsReachEveryUnitAndAreAcknowledged(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 10; seed++ {
		b, c := &bringer{}, &bringing{}
		m, settle := bringingModel(t, seed, b, c)
		_, err := m.Integrate("client", "provider")
		require.NoError(t, err)
		settle()
		require.Equal(t, "/relation-0", c.place.Path, "seed %d", seed)
		require.Equal(t, connectclient.Held{"provider/0": 0, "provider/1": 0, "provider/2": 0}, c.held)

		for _, content := range []connectorsecrets.Content{values(1, "a"), values(2, "a", "b"), values(3)} {
			c.content = content
			settle()
			require.Equal(t, content.Version, c.held.Everywhere(), "seed %d", seed)
			for unit, has := range b.units {
				require.Equal(t, content, has["client"], unit)
			}
		}

		require.NoError(t, m.RemoveRelation("client", "provider"))
		require.NoError(t, m.Settle(t.Context()))
		require.Empty(t, m.Secrets(), "seed %d: nothing of it is left", seed)
	}
}

func TestAVersionIsHeldEverywhereOnceTheLastUnitSaysSo(t *testing.T) {
	t.Parallel()
	b, c := &bringer{slow: "provider/1"}, &bringing{content: values(4, "a")}
	m, settle := bringingModel(t, 1, b, c)
	_, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	settle()
	assert.Zero(t, c.held.Everywhere())
	assert.Equal(t, []string{"provider/1"}, c.held.Without(4))

	b.slow = ""
	settle()
	assert.Equal(t, int64(4), c.held.Everywhere())
	assert.Empty(t, c.held.Without(4))

	assert.Zero(t, connectclient.Held{}.Everywhere(), "without a unit nothing is held")
	assert.Equal(t, int64(2), connectclient.Held{"a/0": 3, "a/1": 2}.Everywhere())
}

func TestNothingIsBroughtToAProviderThatBringsNone(t *testing.T) {
	t.Parallel()
	b, c := &bringer{cuts: true}, &bringing{content: values(1, "a")}
	m, settle := bringingModel(t, 1, b, c)
	_, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	settle()
	assert.True(t, c.place.IsZero())
	assert.Empty(t, m.Secrets())
}

// TestNobodyIsBroughtTheSecretOfAnother: the provider may read the secrets of all of its requirers, and reads what each of them names.
func TestNobodyIsBroughtTheSecretOfAnother(t *testing.T) {
	t.Parallel()
	b, c := &bringer{}, &bringing{content: values(4, "a")}
	m, settle := bringingModel(t, 1, b, c)
	relation, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	settle()
	require.Equal(t, int64(4), c.held.Everywhere())
	bag, err := m.RelationData(relation, "client")
	require.NoError(t, err)
	require.NotEmpty(t, bag["connector-secrets"])

	thief := func(ctx context.Context, h *hook.Hook) error {
		if err := connectclient.New(h, connectclient.Options{}).Request(ctx, connectclient.NotRequired()); err != nil || h.Relation == nil {
			return err
		}
		return h.RelationSetApp(ctx, h.Relation.ID, hook.Databag{"connector-secrets": bag["connector-secrets"]})
	}
	require.NoError(t, m.Deploy("thief", jujutest.FromFunc([]byte(requirerYAML), thief), jujutest.DeployOptions{}))
	_, err = m.Integrate("thief", "provider")
	require.NoError(t, err)
	settle()
	assert.Len(t, b.units, 3)
	for unit, has := range b.units {
		assert.Contains(t, has, "client", unit)
		assert.NotContains(t, has, "thief", unit)
	}
}

func TestAContentBeyondTheLimitsIsRefusedBeforeItIsASecret(t *testing.T) {
	t.Parallel()
	tools := ready()
	client := connectclient.New(tools.hook(t, "update-status"), connectclient.Options{})
	err := client.BringSecrets(t.Context(), 7, values(1, "../a"))
	require.ErrorContains(t, err, "file name")
	assert.Equal(t, []string{"is-leader"}, tools.calls)
}
