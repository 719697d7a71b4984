package connectors_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
)

// model is a model with a charm, and a provider of a cluster in memory.
type model struct {
	*jujutest.Model
	t      *testing.T
	server *connecttest.Server
	id     int // of the relation
}

func newModel(t *testing.T, units int, charm jujutest.Func) *model {
	t.Helper()
	juju, err := jujutest.New(jujutest.Options{HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, juju.Close()) })
	m := &model{Model: juju, t: t, server: connecttest.NewServer()}
	t.Cleanup(m.server.Close)
	metadata := []byte("name: client\nrequires: {connect-client: {interface: connect_client}}\n")
	require.NoError(t, m.Deploy("client", jujutest.FromFunc(metadata, charm), jujutest.DeployOptions{Units: units}))
	require.NoError(t, m.Deploy("provider", m.server.Provider(), jujutest.DeployOptions{Units: 2}))
	m.settle()
	return m
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
	assert.Equal(t, []string{"POST /connectors"}, m.server.TakeWrites())

	require.NoError(t, m.RemoveUnit(leader))
	m.settle()
	assert.Empty(t, m.server.TakeWrites(), "the unit that leaves takes nothing with it")
	m.requires(other, "active", "1 connector, 1 task running")
}

func TestAnAccountThatIsNotAcceptedYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	m := newModel(t, 1, dispatch)
	m.integrate()
	granted := m.server.Password(m.user())
	m.server.SetPassword(m.user(), "another")
	require.NoError(t, m.UpdateStatus("client/0"))
	m.settle()
	info, err := m.Unit("client/0")
	require.NoError(t, err)
	assert.Contains(t, info.Workload.Message, "waiting for provider: GET /connectors: 401")
	m.server.SetPassword(m.user(), granted)
	require.NoError(t, m.UpdateStatus("client/0"))
	m.settle()
	m.requires("client/0", "active", "1 connector, 1 task running")
}

func (m *model) user() string { return fmt.Sprintf("relation-%d", m.id) }

// TestNothingIsMadeAgainWhileUnitsOfTheProviderLeave: the hook may be the relation's last, and the provider have deleted
// the connectors already.
func TestNothingIsMadeAgainWhileUnitsOfTheProviderLeave(t *testing.T) {
	t.Parallel()
	m := newModel(t, 1, dispatch)
	m.integrate()
	client, err := connect.New(connect.Config{
		Endpoints: []string{m.server.URL()}, Username: m.user(), Password: secret.New(m.server.Password(m.user())),
	})
	require.NoError(t, err)
	require.NoError(t, client.Delete(t.Context(), m.full("lines")))
	m.server.TakeWrites()
	leader := m.Leader("provider")
	require.NoError(t, m.RemoveUnit(map[string]string{"provider/0": "provider/1", "provider/1": "provider/0"}[leader]))
	m.settle()
	assert.Empty(t, m.server.TakeWrites())
	m.requires("client/0", "waiting", "waiting for connector lines: not there yet")

	require.NoError(t, m.UpdateStatus("client/0"))
	m.settle()
	m.requires("client/0", "active", "1 connector, 1 task running")
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
