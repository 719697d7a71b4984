package connectclient_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
)

// provider is a provider charm of the least size: a secret when the relation is made, endpoints when there is a request.
type provider struct {
	endpoint string

	mu       sync.Mutex
	password string // a new one is a new revision of every secret
	early    bool   // grants in the hook that adds the secret, which Juju 4.1-beta2 drops
	lasting  string // trouble to tell instead of publishing
}

const providerYAML = "name: provider\nprovides: {connect-client: {interface: connect_client}}\n"

func (p *provider) run(ctx context.Context, h *hook.Hook) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	leader, err := h.IsLeader(ctx)
	if err != nil || !leader || h.Kind == hook.RelationBroken {
		return err
	}
	ids, err := h.RelationIDs(ctx, "connect-client")
	for _, id := range ids {
		err = errors.Join(err, p.serve(ctx, h, id))
	}
	return err
}

func (p *provider) serve(ctx context.Context, h *hook.Hook, id hook.RelationID) error {
	label := "user-" + id.String()
	content := hook.SecretContent{"username": secret.New("relation-" + id.String()), "password": secret.New(p.password)}
	info, err := h.SecretInfoByLabel(ctx, label)
	uri := "secret:" + info.ID
	switch {
	case hook.IsNotFound(err):
		if uri, err = h.SecretAdd(ctx, content, hook.SecretOptions{Label: label}); err != nil || !p.early {
			return err
		}
	case err != nil:
		return err
	default:
		if err := h.SecretSet(ctx, uri, content, hook.SecretOptions{}); err != nil {
			return err
		}
	}
	return p.answer(ctx, h, id, uri)
}

func (p *provider) answer(ctx context.Context, h *hook.Hook, id hook.RelationID, uri string) error {
	if p.lasting != "" {
		return h.RelationSetApp(ctx, id, hook.Databag{"status": p.lasting})
	}
	app, err := h.RelationApp(ctx, id)
	if err != nil {
		return err
	}
	asked, err := h.RelationGet(ctx, id, app)
	if err != nil || asked["plugin-url"] == "" && !p.early {
		return err
	}
	if err := h.SecretGrant(ctx, uri, id); err != nil {
		return err
	}
	return h.RelationSetApp(ctx, id, hook.Databag{"status": "", "endpoints": p.endpoint, "secret-user": uri})
}

const requirerYAML = "name: client\nrequires: {connect-client: {interface: connect_client}}\n"

func newModel(t *testing.T, seed uint64, p *provider, client jujutest.Func, units int) *jujutest.Model {
	t.Helper()
	m, err := jujutest.New(jujutest.Options{Seed: seed, HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	require.NoError(t, m.Deploy("provider", jujutest.FromFunc([]byte(providerYAML), p.run), jujutest.DeployOptions{Units: 2}))
	require.NoError(t, m.Deploy("client", jujutest.FromFunc([]byte(requirerYAML), client), jujutest.DeployOptions{Units: units}))
	return m
}

// show is a requirer charm that says in its status what it sees; the password only to the test.
func show(ctx context.Context, h *hook.Hook) error {
	client := connectclient.New(h, connectclient.Options{})
	if err := client.Request(ctx, connectclient.FromURL("http://"+strings.ReplaceAll(h.Unit, "/", "-")+"/plugin", "")); err != nil {
		return err
	}
	connection, err := client.Connection(ctx)
	if status, notReady := connectclient.Status(err); notReady {
		return h.StatusSet(ctx, status)
	}
	if err != nil {
		return err
	}
	return h.StatusSet(ctx, hook.Status{Name: hook.Active, Message: connection.Password().Reveal()})
}

func requireStatus(t *testing.T, m *jujutest.Model, unit, current, message string) {
	t.Helper()
	info, err := m.Unit(unit)
	require.NoError(t, err)
	require.Equal(t, current, info.Workload.Current, info.Workload.Message)
	require.Contains(t, info.Workload.Message, message)
}

func TestEveryUnitGetsReadyInAnyOrderOfHooks(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 25; seed++ {
		p := &provider{endpoint: "http://10.0.0.1:8083", password: "first"}
		m := newModel(t, seed, p, show, 3)
		_, err := m.Integrate("client", "provider")
		require.NoError(t, err)
		require.NoError(t, m.Settle(t.Context()), "seed %d", seed)
		for _, unit := range m.Units("client") {
			requireStatus(t, m, unit, "active", "first")
		}
	}
}

func TestANewPasswordComesWithTheNextRevision(t *testing.T) {
	t.Parallel()
	p := &provider{endpoint: "http://10.0.0.1:8083", password: "first"}
	m := newModel(t, 1, p, show, 2)
	_, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	require.NoError(t, m.Settle(t.Context()))
	p.mu.Lock()
	p.password = "second"
	p.mu.Unlock()
	require.NoError(t, m.UpdateStatus("provider/0", "provider/1"))
	require.NoError(t, m.Settle(t.Context()))
	for _, unit := range m.Units("client") {
		requireStatus(t, m, unit, "active", "second")
	}
}

func TestAGrantThatJujuDropsIsWaitedFor(t *testing.T) {
	t.Parallel()
	waited := 0
	for seed := uint64(1); seed <= 10; seed++ {
		p := &provider{endpoint: "http://10.0.0.1:8083", password: "first", early: true}
		m := newModel(t, seed, p, func(ctx context.Context, h *hook.Hook) error {
			if _, err := connectclient.New(h, connectclient.Options{}).Connection(ctx); errors.Is(err, connectclient.ErrNotGranted) {
				waited++
			}
			return show(ctx, h)
		}, 1)
		_, err := m.Integrate("client", "provider")
		require.NoError(t, err)
		require.NoError(t, m.Settle(t.Context()), "no hook fails meanwhile")
		require.NoError(t, m.UpdateStatus("provider/0", "provider/1"))
		require.NoError(t, m.Settle(t.Context()))
		require.NoError(t, m.UpdateStatus("client/0"))
		require.NoError(t, m.Settle(t.Context()))
		requireStatus(t, m, "client/0", "active", "first")
	}
	assert.Positive(t, waited)
}

func TestARefusalIsToldAndTakenBack(t *testing.T) {
	t.Parallel()
	p := &provider{endpoint: "http://10.0.0.1:8083", password: "first", lasting: `[{"code":5001,"message":"plugin: it is a zip"}]`}
	m := newModel(t, 1, p, show, 1)
	_, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	require.NoError(t, m.Settle(t.Context()))
	requireStatus(t, m, "client/0", "blocked", "provider: refused by the provider: plugin: it is a zip")
	p.mu.Lock()
	p.lasting = ""
	p.mu.Unlock()
	require.NoError(t, m.UpdateStatus("provider/0", "provider/1"))
	require.NoError(t, m.Settle(t.Context()))
	requireStatus(t, m, "client/0", "active", "first")
}

func TestANewLeaderRequestsAnew(t *testing.T) {
	t.Parallel()
	p := &provider{endpoint: "http://10.0.0.1:8083", password: "first"}
	m := newModel(t, 1, p, show, 2)
	id, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	require.NoError(t, m.Settle(t.Context()))
	for _, leader := range []string{"client/1", "client/0"} {
		require.NoError(t, m.SetLeader(leader))
		require.NoError(t, m.Settle(t.Context()))
		bag, err := m.RelationData(id, "client")
		require.NoError(t, err)
		assert.Equal(t, "http://"+strings.ReplaceAll(leader, "/", "-")+"/plugin", bag["plugin-url"])
	}
}

func TestTheEndOfARelationIsSeenInItsLastHook(t *testing.T) {
	t.Parallel()
	p := &provider{endpoint: "http://10.0.0.1:8083", password: "first"}
	m := newModel(t, 1, p, show, 1)
	_, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	require.NoError(t, m.Settle(t.Context()))
	require.NoError(t, m.RemoveRelation("client", "provider"))
	require.NoError(t, m.Settle(t.Context()))
	requireStatus(t, m, "client/0", "blocked", "not related to Kafka Connect")
	_, err = m.Integrate("client", "provider")
	require.NoError(t, err)
	require.NoError(t, m.Settle(t.Context()))
	requireStatus(t, m, "client/0", "active", "first")
}
