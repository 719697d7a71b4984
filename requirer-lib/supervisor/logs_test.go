package supervisor_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/supervisor"
)

// loki takes what Pebble pushes, as Loki's push API has it in JSON.
type loki struct {
	*httptest.Server
	mu      sync.Mutex
	streams []stream
}

type stream struct {
	Labels map[string]string `json:"stream"`
	Lines  [][2]string       `json:"values"`
}

func newLoki(t *testing.T) *loki {
	t.Helper()
	l := &loki{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var pushed struct{ Streams []stream }
		if json.NewDecoder(r.Body).Decode(&pushed) != nil { // as where Pebble ends in the middle of it
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.streams = append(l.streams, pushed.Streams...)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(l.Close)
	return l
}

// has gives the labels of a stream in which a line was pushed.
func (l *loki) has(line string) (labels map[string]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, stream := range l.streams {
		for _, entry := range stream.Lines {
			if strings.Contains(entry[1], line) {
				return stream.Labels
			}
		}
	}
	return nil
}

func TestPebbleSendsLogsWhereItIsToldAndNowhereElse(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	one, two := newLoki(t), newLoki(t)
	to := func(l *loki) supervisor.LogTarget {
		return supervisor.LogTarget{Location: l.URL + "/loki/api/v1/push", Labels: map[string]string{"juju_unit": "connect/0"}}
	}
	says := func(word string) supervisor.Service {
		return service(`sh -c "while true; do echo ` + word + `; sleep 0.2; done"`)
	}
	none, err := s.LogTargets(t.Context())
	require.NoError(t, err)
	assert.Empty(t, none, "Pebble is not up")
	require.NoError(t, s.Ensure(t.Context(), services(map[string]supervisor.Service{"talker": says("first")})))
	require.NoError(t, s.ForwardLogs(t.Context(), map[string]supervisor.LogTarget{"loki-0": to(one)}))
	require.Eventually(t, func() bool { return one.has("first") != nil }, time.Minute, 50*time.Millisecond)
	assert.Equal(t, map[string]string{"juju_unit": "connect/0", "pebble_service": "talker"}, one.has("first"))

	require.NoError(t, s.ForwardLogs(t.Context(), map[string]supervisor.LogTarget{"loki-1": to(two)}))
	targets, err := s.LogTargets(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]supervisor.LogTarget{"loki-1": to(two)}, targets)
	require.NoError(t, s.Ensure(t.Context(), services(map[string]supervisor.Service{"talker": says("second")})))
	require.NoError(t, s.Restart(t.Context(), "talker"))
	require.Eventually(t, func() bool { return two.has("second") != nil }, time.Minute, 50*time.Millisecond)
	assert.Nil(t, one.has("second"), "it is a target no more")

	// After a crash or a reboot it goes on.
	require.NoError(t, s.Stop(t.Context()))
	again, err := own(t, dir).Supervisor()
	require.NoError(t, err)
	require.NoError(t, again.Ensure(t.Context(), services(map[string]supervisor.Service{"talker": says("third")})))
	require.Eventually(t, func() bool { return two.has("third") != nil }, time.Minute, 50*time.Millisecond)
	targets, err = again.LogTargets(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]supervisor.LogTarget{"loki-1": to(two)}, targets)

	require.NoError(t, again.ForwardLogs(t.Context(), nil))
	targets, err = again.LogTargets(t.Context())
	require.NoError(t, err)
	assert.Empty(t, targets)
}
