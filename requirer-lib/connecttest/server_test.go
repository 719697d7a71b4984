package connecttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

const requirerYAML = "name: client\nrequires: {connect-client: {interface: connect_client}}\n"

// create is a charm that makes a connector, in either version of the contract.
func create(version schemas.Version) jujutest.Func {
	return func(ctx context.Context, h *hook.Hook) error {
		client := connectclient.New(h, connectclient.Options{Version: version})
		if err := client.Request(ctx, connectclient.NotRequired()); err != nil {
			return err
		}
		connection, err := client.Connection(ctx)
		if status, notReady := connectclient.Status(err); notReady {
			return h.StatusSet(ctx, status)
		}
		if err != nil {
			return err
		}
		rest, err := connection.Client()
		if err != nil {
			return err
		}
		defer rest.Close()
		config := map[string]string{"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector"}
		_, _, err = rest.PutConfig(ctx, connection.ConnectorName("lines"), config)
		return err
	}
}

func TestTheProviderGivesAnAccountAndTakesItBack(t *testing.T) {
	t.Parallel()
	for _, version := range []schemas.Version{schemas.V0, schemas.V1} {
		server := connecttest.NewServer()
		t.Cleanup(server.Close)
		m, err := jujutest.New(jujutest.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, m.Close()) })
		require.NoError(t, m.Deploy("kafka-connect", server.Provider(), jujutest.DeployOptions{Units: 2}))
		require.NoError(t, m.Deploy("client", jujutest.FromFunc([]byte(requirerYAML), create(version)), jujutest.DeployOptions{}))
		id, err := m.Integrate("client", "kafka-connect")
		require.NoError(t, err)
		require.NoError(t, m.Settle(t.Context()))
		require.NoError(t, m.UpdateStatus())
		require.NoError(t, m.Settle(t.Context()))
		name := schemas.ConnectorName("lines", fmt.Sprint(id), m.UUID())
		assert.Equal(t, []string{name}, server.Connectors(), version)

		require.NoError(t, m.RemoveRelation("client", "kafka-connect"))
		require.NoError(t, m.Settle(t.Context()))
		assert.Empty(t, server.Connectors(), "they go with their relation")
		answer, err := http.Get(server.URL() + "/connectors")
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, http.StatusUnauthorized, answer.StatusCode, "what was closed once stays closed")
	}
}

func TestFailuresAndRefusalsAreMadeAsATestWants(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	server.SetPassword("me", "pw")
	client, err := connect.New(connect.Config{Endpoints: []string{server.URL()}, Username: "me", Password: secret.New("pw")})
	require.NoError(t, err)
	config := map[string]string{"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "2"}
	server.Refuse("lines", http.StatusBadRequest, "not today")
	_, err = client.Create(t.Context(), "lines", config, "")
	require.ErrorContains(t, err, "not today")
	server.Refuse("lines", 0, "")
	_, err = client.Create(t.Context(), "lines", config, "")
	require.NoError(t, err)
	assert.Equal(t, "2", server.Config("lines")["tasks.max"])
	assert.Equal(t, []string{"POST /connectors", "POST /connectors"}, server.TakeWrites())
	assert.Empty(t, server.TakeWrites())

	server.Fail("lines", "no disk")
	status, err := client.Status(t.Context(), "lines")
	require.NoError(t, err)
	require.Len(t, status.Tasks, 2)
	assert.Equal(t, connect.Failed, status.Tasks[1].State)
	assert.True(t, strings.HasPrefix(status.Tasks[1].Trace, "no disk"))
	_, err = client.Restart(t.Context(), "lines", connect.RestartOptions{IncludeTasks: true})
	require.NoError(t, err)
	status, err = client.Status(t.Context(), "lines")
	require.NoError(t, err)
	assert.True(t, status.AllRunning())
}

// TestAConnectorThatFailsItselfNotesAPause is as real workers were seen to do (tests/connectors).
func TestAConnectorThatFailsItselfNotesAPause(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	client, err := connect.New(connect.Config{Endpoints: []string{server.URL()}})
	require.NoError(t, err)
	_, err = client.Create(t.Context(), "lines", map[string]string{"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector"}, "")
	require.NoError(t, err)
	shows := func(state connect.State) {
		t.Helper()
		status, err := client.Status(t.Context(), "lines")
		require.NoError(t, err)
		assert.Equal(t, state, status.Connector.State)
	}
	server.FailItself("lines", "no host")
	shows(connect.Failed)
	require.NoError(t, client.Pause(t.Context(), "lines"))
	shows(connect.Failed)
	_, err = client.Restart(t.Context(), "lines", connect.RestartOptions{IncludeTasks: true, OnlyFailed: true})
	require.NoError(t, err)
	shows(connect.Paused)
	server.FailItself("lines", "no host")
	require.NoError(t, client.Stop(t.Context(), "lines"))
	shows(connect.Stopped)
}

func TestEveryUnitOfTheProviderHasTheSecrets(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	m, err := jujutest.New(jujutest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	var place schemas.SecretsPlace
	var held connectclient.Held
	bring := func(ctx context.Context, h *hook.Hook) error {
		client := connectclient.New(h, connectclient.Options{})
		if err := client.Request(ctx, connectclient.NotRequired()); err != nil || h.Kind == hook.RelationBroken {
			return errors.Join(err, client.RemoveSecrets(ctx))
		}
		connections, err := client.Connections(ctx)
		if err != nil || len(connections) == 0 {
			return err
		}
		var brings bool
		if place, brings = connections[0].SecretsPlace(); !brings {
			return nil
		}
		content := connectorsecrets.Content{Version: 1, Files: map[string]secret.Value{"token": secret.New("pw")}}
		if err := client.BringSecrets(ctx, connections[0].RelationID(), content); err != nil {
			return err
		}
		held, err = connections[0].SecretsHeld(ctx)
		return err
	}
	require.NoError(t, m.Deploy("kafka-connect", server.Provider(), jujutest.DeployOptions{Units: 2}))
	require.NoError(t, m.Deploy("client", jujutest.FromFunc([]byte(requirerYAML), bring), jujutest.DeployOptions{}))
	_, err = m.Integrate("client", "kafka-connect")
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, m.Settle(t.Context()))
		require.NoError(t, m.UpdateStatus())
	}
	require.NoError(t, m.Settle(t.Context()))
	assert.Equal(t, int64(1), held.Everywhere())
	for _, unit := range m.Units("kafka-connect") {
		assert.Equal(t, map[string]string{place.Reference("token"): "pw"}, server.Secrets(unit), unit)
	}
	require.NoError(t, m.RemoveRelation("client", "kafka-connect"))
	require.NoError(t, m.Settle(t.Context()))
	for _, unit := range m.Units("kafka-connect") {
		assert.Empty(t, server.Secrets(unit), unit)
	}
}
