package manager_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/notify"
)

// ear is an owner's webhook.
type ear struct {
	*httptest.Server
	mu    sync.Mutex
	heard []notify.Event
}

func newEar(t *testing.T) *ear {
	t.Helper()
	e := &ear{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message notify.Message
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&message))
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, message.Events...)
	}))
	t.Cleanup(e.Close)
	return e
}

// last is the newest event of a kind; false where none was told.
func (e *ear) last(kind notify.Kind) (notify.Event, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := len(e.heard) - 1; i >= 0; i-- {
		if e.heard[i].Kind == kind {
			return e.heard[i], true
		}
	}
	return notify.Event{}, false
}

// tells delivers what owners are told, at once.
func (s *stage) tells() {
	s.t.Helper()
	var section yaml.Node
	require.NoError(s.t, yaml.Load([]byte("{group-wait: 1ms, group-interval: 1ms}"), &section))
	config, err := notify.Decode(*section.Content[0], s.dir)
	require.NoError(s.t, err)
	require.NoError(s.t, s.notifier.Configure(config))
	ctx, cancel := context.WithCancel(s.t.Context())
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(s.t, s.notifier.Run(ctx), context.Canceled) })
	s.t.Cleanup(func() { cancel(); running.Wait() })
}

func TestOwnersHearHowTheirConnectorsFare(t *testing.T) {
	t.Parallel()
	owner := newEar(t)
	s := newStage(t)
	s.rules.Interval = time.Second
	s.tells()
	file := fragile + "    owner: {team: streams, webhook: " + owner.URL + "}\n"
	heard := func(kind notify.Kind) (event notify.Event) {
		s.until(func() bool {
			s.clock.passes(100 * time.Millisecond)
			if s.restarts() > 0 {
				s.server.Fail("lines", "java.lang.Exception: no better")
			}
			var is bool
			event, is = owner.last(kind)
			return is
		})
		assert.Equal(t, "lines", event.Connector)
		assert.Equal(t, "streams", event.Team)
		return event
	}
	s.keep(file)
	assert.Contains(t, heard(notify.Changed).Text, "create")
	s.server.TakeWrites()
	s.server.Fail("lines", "java.lang.Exception: boom\n\tat x")
	assert.Contains(t, heard(notify.Failed).Trace, "java.lang.Exception: boom")
	assert.Equal(t, 2, heard(notify.GivenUp).Attempts)

	require.NoError(t, s.Do(t.Context(), "", "lines", "restart", "ada"))
	s.server.TakeWrites()
	assert.False(t, heard(notify.Recovered).Since.IsZero())
	assert.Contains(t, heard(notify.Changed).Text, "restart by ada")
	s.write("manager: connect-manager\nconnectors: []\n")
	assert.Contains(t, heard(notify.Removed).Text, "delete", "also that which the file does not name any more has an owner")
	owner.mu.Lock()
	defer owner.mu.Unlock()
	var kinds []string
	for _, event := range owner.heard {
		kinds = append(kinds, string(event.Kind))
	}
	assert.Equal(t, "changed failed given-up changed recovered removed", strings.Join(kinds, " "))
}
