package control_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/said"
	"connectcharms/requirer-lib/secret"
)

// whatDoesNotConform is a message whose configuration the connector's own definition refuses.
func whatDoesNotConform(t *testing.T, w *worker) {
	s := w.stage(t, "unfit", 10)
	m := s.managed()
	owner := m.toldTo()
	config := s.config("first", s.records.current())
	m.wants(config)
	m.begin()
	s.untilArrived(s.records.release(10))
	s.untilRenewed()
	before := m.reference()

	s.records.says(map[string]string{"interval.ms": "soon"})
	s.records.release(10)
	m.untilHaltedFor("interval.ms")
	assert.Equal(t, before, m.reference(), "what is stored is as it was")
	s.until("the owner is told", func() bool { return owner.Has(s.name, "interval.ms") })
	status, body := m.ask(http.MethodPost, "/connectors/sync")
	require.Equal(t, http.StatusOK, status, body)
	s.until("no sync sets it going", func() bool { return s.state() == connect.Stopped }) // it was given a mark, and for a moment has no state

	// Somebody sees to it, and says so in the state file.
	s.records.says(nil)
	s.records.logIn()
	m.wants(s.configWith(config, "second", s.records.current()))
	s.untilRenewed()
	s.untilArrived(s.records.release(5))
	s.untilRenewed()
	assert.Nil(t, m.overlay().Halted)

	s.records.says(map[string]string{"token": ""})
	total := s.records.release(10)
	m.untilHaltedFor("token")
	s.records.says(nil)

	// The connector's own account brings what conforms, when the connector cannot.
	s.records.logIn()
	s.send(s.records.current())
	s.untilRenewed()
	s.untilArrived(total)
	assert.Nil(t, m.overlay().Halted)
	s.arrived.holdsEachOnce(t, total)
	assert.Empty(t, s.records.secretsIn(m.log.String()))
	assert.Empty(t, s.records.secretsIn(owner.String()))
}

func (m *manager) untilHaltedFor(field string) {
	m.t.Helper()
	m.until("the connector is stopped for "+field, func() bool {
		halted := m.overlay().Halted
		return halted != nil && m.state() == connect.Stopped
	})
	problems := m.overlay().Halted.Problems
	require.NotEmpty(m.t, problems)
	for _, problem := range problems { // Kafka has two for a text that is no number
		assert.Equal(m.t, field, problem.Field)
		assert.NotEmpty(m.t, problem.Reason)
	}
}

// state is empty where the connector has none yet.
func (s *stage) state() connect.State {
	s.t.Helper()
	status, err := s.client().Status(s.t.Context(), s.name)
	if err != nil {
		require.ErrorIs(s.t, err, connect.ErrNotFound)
	}
	return status.Connector.State
}

// send writes a message to the control topic.
func (s *stage) send(has credentials) {
	s.t.Helper()
	message, err := control.Marshal(control.Message{
		Type: control.ConnectorConfig, EmittedAt: time.Now(),
		Config: control.Update{Set: map[string]secret.Value{"token": secret.New(has.token), "refresh.token": secret.New(has.refresh)}},
	})
	require.NoError(s.t, err)
	client, err := kgo.NewClient(kgo.SeedBrokers(s.broker.Bootstrap()))
	require.NoError(s.t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	require.NoError(s.t, client.ProduceSync(ctx, &kgo.Record{Topic: controlTopic(s.name), Key: []byte(s.name), Value: message}).FirstErr())
}

// toldTo has the manager tell the connector's owner, and gives what it was told.
func (m *manager) toldTo() *said.Lines {
	m.t.Helper()
	told := &said.Lines{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(told, r.Body) }))
	m.t.Cleanup(server.Close)
	m.write("owner.url", server.URL)
	m.serveAlso("notify: {group-wait: 100ms, group-interval: 100ms, teams: {streams: {webhook-file: owner.url}}}")
	return told
}
