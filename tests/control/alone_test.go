package control_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/secret"
)

// nobodyListens shows what the connector does by itself, and that it needs somebody: the test is the manager.
func nobodyListens(t *testing.T, w *worker) {
	s := w.stage(t, "alone", 10)
	began := time.Now()
	s.configure(s.config("first", s.records.current()))
	s.untilArrived(s.records.release(35))
	require.Equal(t, 3, s.records.expiries())
	assert.Zero(t, s.records.triesInVain())
	s.sent(began)

	_, err := s.client().Restart(t.Context(), s.name, connect.RestartOptions{IncludeTasks: true})
	require.NoError(t, err)
	s.until("the task has nothing but what it was configured with", func() bool { return s.records.triesInVain() > 0 })
	total, tried := s.records.release(10), s.records.triesInVain()
	s.until("it has tried again", func() bool { return s.records.triesInVain() > tried+1 })
	assert.Len(t, s.arrived.all(), 35)

	s.configure(s.config("newest", s.records.current()))
	s.untilArrived(total)
	s.arrived.holdsEachOnce(t, total)
	assert.Empty(t, s.records.secretsIn(w.said.String()))
}

// sent requires that each of the server's tokens but the first was told, once, in the order in which they were good.
func (s *stage) sent(began time.Time) {
	s.t.Helper()
	s.untilTold()
	for i, record := range s.messages.all() {
		assert.Equal(s.t, s.name, string(record.Key))
		message, err := control.Parse(record.Value)
		require.NoError(s.t, err)
		assert.Equal(s.t, control.ConnectorConfig, message.Type)
		assert.WithinRange(s.t, message.EmittedAt, began.Truncate(time.Millisecond), time.Now())
		told := s.records.issued()[i+1]
		want := map[string]secret.Value{"token": secret.New(told.token), "refresh.token": secret.New(told.refresh)}
		assert.Equal(s.t, want, message.Config.Set)
	}
	assert.Len(s.t, s.messages.all(), s.records.expiries())
}
