package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

// renewing is the state file of integrator, in which the source may change its file itself, as a secret.
func (s *stage) renewing(app, input, output string) string {
	return strings.Replace(s.stateFile(app, input, output), "name: source,", "name: source, control: {secret: [file]},", 1)
}

// control sends a control message of the source's by an action; what is in it, Juju keeps as a secret.
func (s *stage) control(unit string, changes map[string]string) {
	s.t.Helper()
	text, err := json.Marshal(map[string]any{
		"type": "CONNECTOR_CONFIG", "emitted_at": float64(time.Now().UnixMicro()) / 1000, "connectorConfig": map[string]any{"config": changes},
	})
	require.NoError(s.t, err)
	uri, err := s.AddSecret(fmt.Sprintf("message-%d", time.Now().UnixNano()), map[string]string{"message": string(text)})
	require.NoError(s.t, err)
	require.NoError(s.t, s.GrantSecret(uri, "one"))
	var taken struct{ Outcome string }
	s.result(unit, "control", map[string]any{"name": "source", "secret": uri}, &taken)
	require.Equal(s.t, "taken", taken.Outcome)
}

// source is the configuration of the source in Kafka Connect.
func (s *stage) source(rest *connect.Client) map[string]string {
	s.t.Helper()
	names, err := rest.Connectors(s.t.Context())
	require.NoError(s.t, err)
	for _, name := range names {
		if strings.HasPrefix(name, "source_") {
			config, err := rest.Config(s.t.Context(), name)
			require.NoError(s.t, err)
			return config
		}
	}
	require.Fail(s.t, "there is no source", names)
	return nil
}

// changes counts how often configurations were written, at every gateway.
func (s *stage) changes() (count int) {
	s.t.Helper()
	for _, unit := range s.Units(provider) {
		audit, err := os.ReadFile(filepath.Join(s.data(unit), "gateway/audit.log"))
		require.NoError(s.t, err)
		for line := range strings.Lines(string(audit)) {
			if strings.Contains(line, `"event":"request"`) && strings.Contains(line, `/config"`) && strings.Contains(line, `"kind":"client"`) {
				count++
			}
		}
	}
	return count
}

// What a connector renews in mid-run reaches every worker as a file, and the connector as a reference to it; the next leader
// undoes nothing, and the end of the relation leaves nothing.
func TestASecretThatAConnectorRenewsReachesRealWorkers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, nil)
	input, output := s.integrator("one")
	require.NoError(t, s.SetConfig("one", map[string]any{"state": s.renewing("one", input, output)}))
	_, err := s.AddUnit("one")
	require.NoError(t, err)
	s.settle()
	relation := s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "first\n")
	rest := s.rest(relation)
	before := s.changes()

	renewed := filepath.Join(filepath.Dir(input), "renewed.txt")
	require.NoError(t, os.WriteFile(renewed, nil, 0o600))
	s.control(s.Leader("one"), map[string]string{"file": renewed})
	s.soon("the source has a reference", func() bool { return strings.HasPrefix(s.source(rest)["file"], "${connector-secrets:") })
	s.lines(renewed, output, "second\n")
	assert.Equal(t, 1, s.changes()-before)
	for _, unit := range s.Units(provider) {
		found, err := filepath.Glob(filepath.Join(s.data(unit), "*", fmt.Sprintf("secrets/relation-%d", relation), "[!.]*"))
		require.NoError(t, err)
		assert.Len(t, found, 1, unit)
	}
	s.allActive("one")

	first := s.Leader("one")
	require.NoError(t, s.RemoveUnit(first))
	s.settle()
	s.allActive("one")
	var made any
	s.result(s.Leader("one"), "sync", nil, &made)
	assert.Equal(t, 1, s.changes()-before, "the new leader has it from Juju")
	s.lines(renewed, output, "third\n")

	var connections []struct {
		Spec   struct{ ID string }
		Status map[string]struct{ State string }
	}
	s.result(s.Leader("one"), "list-connections", nil, &connections)
	states := map[string]string{}
	for _, one := range connections {
		for part, status := range one.Status {
			states[one.Spec.ID+" "+part] = status.State
		}
	}
	assert.Equal(t, "SUCCESS", states["context-"+provider+" kafka_connect"], states)
	assert.Equal(t, "SUCCESS", states[provider+"-kafka kafka_cluster"], states)

	require.NoError(t, s.RemoveRelation(provider, "one"))
	s.settle()
	for _, secret := range s.Secrets() {
		assert.NotEqual(t, "one", secret.Owner, secret.Label)
	}
	for _, unit := range s.Units(provider) {
		found, err := filepath.Glob(filepath.Join(s.data(unit), "*", fmt.Sprintf("secrets/relation-%d", relation)))
		require.NoError(t, err)
		assert.Empty(t, found, unit)
	}
}

// soon settles again and again until something is done that daemons do by themselves.
func (s *stage) soon(what string, done func() bool) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		s.settle()
		if done() {
			return
		}
	}
	require.Fail(s.t, "never: "+what, s.Status())
}
