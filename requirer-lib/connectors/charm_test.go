package connectors_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connectors/internal/standin"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
)

// model is a model with the charm of the example and a provider in front of a cluster.
type model struct {
	*jujutest.Model
	t       *testing.T
	cluster *standin.Cluster
	id      int // of the relation
}

func newModel(t *testing.T, units int, charm jujutest.Func) *model {
	t.Helper()
	juju, err := jujutest.New(jujutest.Options{HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, juju.Close()) })
	m := &model{Model: juju, t: t, cluster: standin.Start()}
	t.Cleanup(m.cluster.Close)
	m.cluster.SetPassword("pw-of-relation")
	require.NoError(t, m.Deploy("client", jujutest.FromFunc([]byte("name: client\nrequires: {connect-client: {interface: connect_client}}\n"), charm),
		jujutest.DeployOptions{Units: units}))
	require.NoError(t, m.Deploy("provider", jujutest.FromFunc([]byte("name: provider\nprovides: {connect-client: {interface: connect_client}}\n"), m.provide),
		jujutest.DeployOptions{Units: 2}))
	m.settle()
	return m
}

// provide is a provider: a secret at once, endpoints and grant when there is a request.
func (m *model) provide(ctx context.Context, h *hook.Hook) error {
	leader, err := h.IsLeader(ctx)
	if err != nil || !leader || h.Relation == nil || h.Relation.Endpoint != "connect-client" || h.Kind == hook.RelationBroken {
		return err
	}
	id := h.Relation.ID
	info, err := h.SecretInfoByLabel(ctx, "user")
	if hook.IsNotFound(err) {
		_, err = h.SecretAdd(ctx, hook.SecretContent{
			"username": secret.New("relation-" + id.String()), "password": secret.New("pw-of-relation"),
		}, hook.SecretOptions{Label: "user"})
		return err
	}
	if err != nil {
		return err
	}
	bag, err := h.RelationGet(ctx, id, h.Relation.RemoteApp)
	if err != nil || bag["plugin-url"] == "" {
		return err
	}
	if err := h.SecretGrant(ctx, "secret:"+info.ID, id); err != nil {
		return err
	}
	return h.RelationSetApp(ctx, id, hook.Databag{"endpoints": m.cluster.URL, "secret-user": "secret:" + info.ID})
}

func (m *model) integrate() {
	m.t.Helper()
	id, err := m.Integrate("client", "provider")
	require.NoError(m.t, err)
	m.id = id
	m.settle()
}

func (m *model) settle() {
	m.t.Helper()
	require.NoError(m.t, m.Settle(m.t.Context()))
}

func (m *model) requires(unit, status, message string) {
	m.t.Helper()
	info, err := m.Unit(unit)
	require.NoError(m.t, err)
	require.Equal(m.t, [2]string{status, message}, [2]string{info.Workload.Current, info.Workload.Message})
}

func (m *model) full(name string) string {
	return fmt.Sprintf("%s_r%d_%s", name, m.id, strings.ReplaceAll(m.UUID(), "-", ""))
}

func TestTheCharmOfTheExampleRunsItsConnector(t *testing.T) {
	t.Parallel()
	m := newModel(t, 2, dispatch)
	m.requires("client/0", "blocked", "not related to Kafka Connect")
	m.integrate()
	leader := m.Leader("client")
	other := map[string]string{"client/0": "client/1", "client/1": "client/0"}[leader]
	m.requires(leader, "active", "1 connector, 1 task running")
	m.requires(other, "active", "standby: the leader manages the connectors")
	assert.Equal(t, []string{"POST " + m.full("lines")}, m.cluster.TakeWrites())

	require.NoError(t, m.RemoveUnit(leader))
	m.settle()
	assert.Empty(t, m.cluster.TakeWrites(), "the unit that leaves takes nothing with it")
	m.requires(other, "active", "1 connector, 1 task running")
}

func TestAConnectionThatIsNotReadyIsWaitedFor(t *testing.T) {
	t.Parallel()
	m := newModel(t, 1, dispatch)
	m.cluster.SetPassword("not known yet")
	m.integrate()
	info, err := m.Unit("client/0")
	require.NoError(t, err)
	assert.Contains(t, info.Workload.Message, "waiting for provider: GET /connectors: 401")
	_, err = m.RelationData(m.id, "provider")
	require.NoError(t, err)
	m.cluster.SetPassword("pw-of-relation")
	require.NoError(t, m.UpdateStatus("client/0"))
	m.settle()
	m.requires("client/0", "active", "1 connector, 1 task running")
}

func TestWhatTheProviderDeletesAtTheEndIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	m := newModel(t, 1, dispatch)
	m.integrate()
	m.cluster.TakeWrites()
	m.cluster.Delete(m.full("lines"))
	require.NoError(t, m.RemoveRelation("client", "provider"))
	m.settle()
	assert.Empty(t, m.cluster.TakeWrites())
	m.requires("client/0", "blocked", "not related to Kafka Connect")
}

func TestNilIsAFaultOfTheCharm(t *testing.T) {
	t.Parallel()
	var seen error
	m := newModel(t, 1, func(ctx context.Context, h *hook.Hook) error {
		connections, err := connectclient.New(h, connectclient.Options{}).Connections(ctx)
		if err != nil || len(connections) == 0 {
			return err
		}
		_, seen = connectors.Reconcile(ctx, connections[0], nil, connectors.Options{})
		return nil
	})
	m.integrate()
	require.ErrorContains(t, seen, "nil")
}
