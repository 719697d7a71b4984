package control_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

// TestControlMessages has one broker and one worker for all of its parts.
func TestControlMessages(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for name, part := range map[string]func(*testing.T, *house){
		"a connector that nobody listens to loses its credentials with its task": nobodyListens,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t, h)
		})
	}
}

// nobodyListens shows what the connector does by itself, and that it needs somebody: the test is the manager.
func nobodyListens(t *testing.T, h *house) {
	s := h.stage(t, "alone", 10)
	first := s.records.current()
	before := s.config(s.keep("token.1", first.token), s.keep("refresh.1", first.refresh))
	began := time.Now()
	s.configure(before)
	s.untilArrived(s.records.release(35))
	require.Equal(t, 3, s.records.expiries())
	assert.Zero(t, s.records.uses())
	s.sent(began)

	_, err := s.client().Restart(t.Context(), s.name, connect.RestartOptions{IncludeTasks: true})
	require.NoError(t, err)
	s.until("the task has nothing but what it was configured with", func() bool { return s.records.uses() > 0 })
	total, tried := s.records.release(10), s.records.uses()
	s.until("it has tried again", func() bool { return s.records.uses() > tried+1 })
	assert.Len(t, s.arrived.all(), 35)

	newest := s.records.current()
	s.configure(s.config(s.keep("token.2", newest.token), s.keep("refresh.2", newest.refresh)))
	s.untilArrived(total)
	s.arrived.holdsEachOnce(t, total)
	assert.Empty(t, s.records.secretsIn(s.said.String()))
}

// sent requires that each of the server's tokens but the first was told, once, in the order in which they were good.
func (s *stage) sent(began time.Time) {
	s.t.Helper()
	for i, record := range s.messages.all() {
		assert.Equal(s.t, s.name, string(record.Key))
		var message struct {
			Type            string
			EmittedAt       int64 `json:"emitted_at"`
			ConnectorConfig struct{ Config map[string]string }
		}
		require.NoError(s.t, json.Unmarshal(record.Value, &message))
		assert.Equal(s.t, "CONNECTOR_CONFIG", message.Type)
		assert.WithinRange(s.t, time.UnixMilli(message.EmittedAt), began.Truncate(time.Millisecond), time.Now())
		told := s.records.issued()[i+1]
		assert.Equal(s.t, map[string]string{"token": told.token, "refresh.token": told.refresh}, message.ConnectorConfig.Config)
	}
	assert.Len(s.t, s.messages.all(), s.records.expiries())
}
