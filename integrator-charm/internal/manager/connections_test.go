package manager_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/state"
)

// needed are connections of which some will not do.
type needed struct {
	mu       sync.Mutex
	troubles map[string]string // why, by ID; empty: it does
}

func (n *needed) IDs() (ids []string) {
	for id := range n.troubles {
		ids = append(ids, id)
	}
	return ids
}

func (n *needed) Troubles(cluster string, named []string) map[string][]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := map[string][]string{}
	for id, why := range n.troubles {
		if why != "" && (id == "context-"+cluster || slices.Contains(named, id)) {
			all[id] = []string{why}
		}
	}
	return all
}

const needing = `
defaults: {connections: [registry]}
connectors:
  - name: lines
    connections: [orders, registry]
    config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, file: /tmp/lines, topic: lines}
  - name: others
    config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, file: /tmp/others, topic: others}
`

const (
	ofCluster  = "connection \"context-main\", needed by every connector: kafka_connect is EXPIRED"
	ofOrders   = "connection \"orders\", needed by lines: kafka_cluster is FAILED"
	ofRegistry = "connection \"registry\", needed by lines, others: schema_registry is FAILED"
)

func troubled(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	s.needed = &needed{troubles: map[string]string{
		"context-main": "kafka_connect is EXPIRED", "orders": "kafka_cluster is FAILED", "registry": "schema_registry is FAILED", "else": "FAILED",
	}}
	s.begin()
	return s
}

func TestWhatWillNotDoIsSaidBeforeConnectorsAreCreated(t *testing.T) {
	t.Parallel()
	s := troubled(t)
	s.rules.Active = false
	s.keep(needing)
	plan, err := s.Plan(t.Context(), "", "ada")
	require.NoError(t, err)
	assert.Len(t, plan.Changes, 2)
	assert.Equal(t, []string{ofCluster, ofOrders, ofRegistry}, plan.Warnings)
	hints, err := s.Validate(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, state.Problems{{Message: ofCluster}, {Message: ofOrders}, {Message: ofRegistry}}, hints)
}

func TestASyncCreatesAllTheSameAndSaysWhatWillNotDo(t *testing.T) {
	t.Parallel()
	s := troubled(t)
	s.keep("connectors: []")
	s.write(needing)
	summary, err := s.Sync(t.Context(), "", "ada")
	require.NoError(t, err)
	assert.Equal(t, []string{"lines", "others"}, summary.Added)
	assert.Equal(t, []string{ofCluster, ofOrders, ofRegistry}, summary.Warnings)
	assert.Equal(t, summary.Warnings, s.status().LastSync.Summary.Warnings)

	summary, err = s.Sync(t.Context(), "", "ada")
	require.NoError(t, err)
	assert.Empty(t, summary.Warnings, "nothing is created any more")
	plan, err := s.Plan(t.Context(), "", "ada")
	require.NoError(t, err)
	assert.Empty(t, plan.Warnings)
}

func TestAConnectionThatThereIsNotIsAProblemOfTheFile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.needed = &needed{troubles: map[string]string{"orders": ""}}
	s.begin()
	s.keep(lines)
	s.write(needing)
	_, err := s.Validate(t.Context(), "")
	problems := state.Problems{}
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, "connector others: connections: there is no connection registry (line 2, column 12)", problems[0].Error())
	assert.Len(t, problems, 2)
}
