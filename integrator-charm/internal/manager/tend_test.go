package manager_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const fragile = lines + "    restart: {attempts: 2, backoff: 1s, max-backoff: 2s, reset-after: 1h}\n"

// restarts are the requests for one that were made since the last time.
func (s *stage) restarts() (number int) {
	for _, write := range s.server.TakeWrites() {
		if strings.Contains(write, "/restart") {
			number++
		}
	}
	return number
}

func TestWhatHasFailedIsRestartedUntilItIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.rules.Interval = time.Second
	s.keep(fragile)
	s.server.TakeWrites()
	s.server.Fail("lines", "java.lang.Exception: password=hunter2\n\tat x")
	s.until(func() bool { return s.listed("lines").Restarts.Next != nil })
	restarted := 0
	s.until(func() bool {
		s.clock.passes(100 * time.Millisecond)
		if number := s.restarts(); number > 0 {
			restarted += number
			s.server.Fail("lines", "java.lang.Exception: no better")
		}
		return s.listed("lines").Restarts.GivenUp
	})
	assert.Equal(t, 2, restarted)
	assert.Equal(t, []string{"lines"}, s.status().GivenUp)

	s.again()
	assert.Equal(t, []string{"lines"}, s.status().GivenUp, "a restart of the process begins no back-off anew")
}

func TestAConnectorThatBecomesAnotherIsNotGivenUpAnyMore(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.rules.Interval = time.Second
	s.keep(strings.Replace(fragile, "attempts: 2", "attempts: 1", 1))
	s.server.Fail("lines", "no")
	s.until(func() bool {
		s.clock.passes(100 * time.Millisecond)
		if s.restarts() > 0 {
			s.server.Fail("lines", "no better")
		}
		return s.listed("lines").Restarts.GivenUp
	})
	s.write(strings.Replace(fragile, "topic: lines", "topic: others", 1))
	s.until(func() bool { return !s.listed("lines").Restarts.GivenUp })
}

func TestAPersonsRestartForgetsFailures(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.rules.Interval = time.Second
	s.keep(fragile)
	s.server.Fail("lines", "no")
	s.until(func() bool { return s.listed("lines").Restarts.Next != nil })
	assert.NoError(t, s.Do(t.Context(), "", "lines", "restart", "ada"))
	s.until(func() bool { return s.listed("lines").Restarts.Next == nil })
}
