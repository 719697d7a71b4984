package e2e

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// result runs an action that is to succeed, and reads what it tells.
func (s *stage) result(unit, action string, params map[string]any, into any) {
	s.t.Helper()
	done, err := s.RunAction(s.t.Context(), unit, action, params)
	require.NoError(s.t, err)
	require.Equal(s.t, "completed", done.Status, done.Message)
	text, _ := done.Results["result"].(string)
	require.NoError(s.t, json.Unmarshal([]byte(text), into), text)
}

// Of three managers one works, and the next takes over; a connector that fails is named, and holds up no other.
func TestManagersOfThreeUnitsOnRealConnect(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	input, output := s.integrator("one")
	for range 2 {
		_, err := s.AddUnit("one")
		require.NoError(t, err)
	}
	s.settle()
	relation := s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "first\n")
	before := s.Leader("one")

	require.NoError(t, s.RemoveUnit(before))
	s.settle()
	s.allActive(provider, "one")
	rest := s.rest(relation)
	names, err := rest.Connectors(t.Context())
	require.NoError(t, err)
	require.Len(t, names, 2)
	for _, name := range names {
		require.NoError(t, rest.Delete(t.Context(), name))
	}
	var made struct{ Problem string }
	s.result(s.Leader("one"), "sync", nil, &made)
	s.allActive("one")
	s.lines(input, output, "second\n")

	nowhere := filepath.Join(t.TempDir(), "no", "such", "directory", "out.txt")
	broken := "  - {name: broken, restart: {attempts: 0}, config: {connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector, topics: none, file: " + nowhere + "}}\n"
	require.NoError(t, s.SetConfig("one", map[string]any{"state": s.stateFile("one", input, output) + broken}))
	s.settle()
	leader := s.Leader("one")
	s.eventually("the failed connector is named", func() bool {
		status, _ := s.StatusOf(leader)
		return status.Current == "blocked"
	})
	s.requireStatus(leader, "blocked", "connector broken: task 0 FAILED: ")
	s.lines(input, output, "third\n")

	require.NoError(t, s.SetConfig("one", map[string]any{"state": s.stateFile("one", input, output)}))
	s.settle()
	s.allActive("one")
	names, err = rest.Connectors(t.Context())
	require.NoError(t, err)
	assert.Len(t, names, 2, "what is taken out of the state file is deleted")
}
