package probe_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
)

// What HTTP's statuses say of credentials: those that are not known are refused, and an earlier success has EXPIRED; those
// that may not do something are not, and it has FAILED.
func TestStatusesThatAServerAnswers(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		phase     connection.Phase
		refused   bool
		transient bool
		state     connection.State
	}{
		401: {connection.PhaseAuthenticate, true, false, connection.Expired},
		403: {connection.PhaseAuthorize, false, false, connection.Failed},
		404: {connection.PhaseRequest, false, false, connection.Failed},
		429: {connection.PhaseRequest, false, true, connection.Failed},
		503: {connection.PhaseRequest, false, true, connection.Failed},
	} {
		answers := 200
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(answers)
			_, _ = w.Write([]byte(`{"version": "4.3.1", "message": "so it is"}`))
		}))
		t.Cleanup(server.Close)
		spec := connection.Spec{KafkaConnect: &connection.KafkaConnectConfig{Endpoints: []string{server.URL}}}
		now := time.Now()
		is := connection.New(spec, 0, now)
		result := ask(t, t.Context(), connection.PartKafkaConnect, spec, nil)
		require.True(t, result.OK, "%v", result.Errors)
		is = is.After(result, now)

		answers = status
		result = ask(t, t.Context(), connection.PartKafkaConnect, spec, nil)
		assert.False(t, result.OK)
		assert.Equal(t, want.refused, result.Refused, status)
		assert.Contains(t, result.Errors[want.phase].Message, "so it is")
		assert.Equal(t, want.transient, result.Errors[want.phase].IsTransient, status)
		assert.Equal(t, want.state, is.After(result, now).KafkaConnect.State, status)
	}
}
