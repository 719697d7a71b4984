package charm

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

var (
	errAway    = &brokers.UnreachedError{Servers: "10.0.0.1:9092", Phase: connection.PhaseConnect, Reason: errors.New("connection refused")}
	errRefused = &brokers.RefusedError{Server: "10.0.0.1:9092", Username: "alice", Reason: "no"}
)

// TestHowKafkaIs goes from one hook to the next, a minute later each.
func TestHowKafkaIs(t *testing.T) {
	t.Parallel()
	got := func(err error) Kafka {
		return Kafka{Named: true, Access: brokers.Access{Servers: []string{"10.0.0.1:9092"}}, Reaching: Attempt{Made: true, Err: err}}
	}
	unanswered := got(nil)
	unanswered.Reaching = Attempt{}
	elsewhere := unanswered
	elsewhere.Access.Servers = []string{"10.0.0.2:9092"}
	otherPassword := got(nil)
	otherPassword.Access.Password = secret.New("hunter2")
	asked := got(nil)
	asked.Asking = Attempt{Made: true, Err: errRefused}
	type look struct {
		kafka Kafka
		state connection.State
		moved bool
	}
	for name, story := range map[string][]look{
		"it is named, asked for, answered": {
			{Kafka{}, connection.None, true},
			{Kafka{Named: true, Waiting: "the Kafka charm"}, connection.None, false},
			{unanswered, connection.Attempting, true},
			{got(nil), connection.Success, true},
			{got(nil), connection.Success, false},
		},
		"it goes and comes": {
			{got(nil), connection.Success, true},
			{got(errAway), connection.Failed, true},
			{got(errAway), connection.Failed, false},
			{got(nil), connection.Success, true},
		},
		"it never let us in":                    {{got(errRefused), connection.Failed, true}, {got(errAway), connection.Failed, false}},
		"a password ends":                       {{got(nil), connection.Success, true}, {got(errRefused), connection.Expired, true}, {got(errAway), connection.Expired, false}},
		"a password ends while the worker runs": {{got(nil), connection.Success, true}, {asked, connection.Expired, true}},
		"another password is no other Kafka":    {{got(nil), connection.Success, true}, {otherPassword, connection.Success, false}},
		"another Kafka":                         {{got(nil), connection.Success, true}, {elsewhere, connection.Attempting, true}},
		"a slip in the options":                 {{Kafka{Named: true, Problem: "config kafka-secret cannot be read"}, connection.Failed, true}},
		"the relation is removed":               {{got(nil), connection.Success, true}, {Kafka{}, connection.None, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			w.Services.WorkerReady = false
			record, now := KafkaRecord{}, noon
			for i, look := range story {
				now = now.Add(time.Minute)
				w.Now, w.Kafka = now, look.kafka
				before := record.Status.LastTransitionTime
				record = w.kafkaRecord(record)
				require.Equal(t, look.state, record.Status.State, "look %d", i)
				require.Equal(t, look.moved, !record.Status.LastTransitionTime.Equal(before), "look %d: %v", i, record.Status.LastTransitionTime)
				require.Equal(t, look.state == connection.Failed || look.state == connection.Expired, len(record.Status.Errors) > 0, "look %d", i)
			}
		})
	}
}

func TestWhatIsSaidOfKafkaIsWrittenOnceForEachChange(t *testing.T) {
	t.Parallel()
	w := settled(t)
	for range 3 {
		w.Now = w.Now.Add(time.Minute)
		assert.Nil(t, next(w), "nothing has changed")
	}
	w.Kafka.Asking = Attempt{Made: true, Err: errRefused}
	step, is := next(w).(NoteKafka)
	require.True(t, is)
	w.Shared.Kafka = &step.Record
	told, is := next(w).(Publish)
	require.True(t, is)
	assert.JSONEq(t, `{"kafka_cluster":{"state":"EXPIRED","last_transition_time":"2026-11-22T12:03:00Z","observed_generation":1,
		"errors":{"authenticate":{"message":"Kafka at 10.0.0.1:9092 refuses the user alice: no","is_transient":false,"created_at":"2026-11-22T12:03:00Z"}}}}`,
		told.Offer.Connections)
	apply(w, told)
	w.Now = w.Now.Add(time.Minute)
	assert.Nil(t, next(w))
	assert.Equal(t, hook.Status{Name: hook.Blocked, Message: "Kafka at 10.0.0.1:9092 refuses the user alice: no; the worker goes on while its sessions last"}, status(w))
}

func TestAKafkaThatIsNotClearForAMomentIsSaidToBeAsItWas(t *testing.T) {
	t.Parallel()
	for _, kafka := range []Kafka{{Named: true, Waiting: "kafka: its secret"}, {Named: true, Problem: "two Kafkas"}} {
		w := settled(t)
		w.Kafka = kafka
		assert.Nil(t, noteKafka(w), "the worker goes on with it")
		w.Services.WorkerReady = false
		assert.IsType(t, NoteKafka{}, noteKafka(w))
	}
}

func TestOnlyTheLeaderSaysHowKafkaIs(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Shared.Kafka = nil
	w.Leader = false
	assert.Nil(t, noteKafka(w))
	_, err := showConnections(t.Context(), nil, w)
	require.Error(t, err)
	w.Leader = true
	assert.IsType(t, NoteKafka{}, noteKafka(w))
}

func TestTheActionSaysHowKafkaIs(t *testing.T) {
	t.Parallel()
	w := settled(t)
	results, err := showConnections(t.Context(), nil, w)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"kafka": "SUCCESS", "kafka-since": "2026-11-22T12:00:00Z", "kafka-servers": "10.0.0.1:9092"}, results)

	w.Kafka.Reaching.Err = errAway
	record := w.kafkaRecord(*w.Shared.Kafka)
	w.Shared.Kafka = &record
	results, err = showConnections(t.Context(), nil, w)
	require.NoError(t, err)
	assert.Equal(t, "FAILED", results["kafka"])
	assert.Equal(t, "no Kafka broker answers at 10.0.0.1:9092: connection refused (it may pass)", results["kafka-error-connect"])
}
