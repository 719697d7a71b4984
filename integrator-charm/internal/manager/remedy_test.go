package manager

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/state"
)

var (
	policy = state.Restart{Attempts: 3, Backoff: 10 * time.Second, MaxBackoff: 25 * time.Second, ResetAfter: time.Hour}
	failed = connect.Status{
		Connector: connect.ConnectorState{State: connect.Running},
		Tasks:     []connect.TaskState{{ID: 0, State: connect.Running}, {ID: 1, State: connect.Failed}},
	}
	well = connect.Status{
		Connector: connect.ConnectorState{State: connect.Running}, Tasks: []connect.TaskState{{ID: 0, State: connect.Running}},
	}
	moving = connect.Status{
		Connector: connect.ConnectorState{State: connect.Running}, Tasks: []connect.TaskState{{ID: 0, State: connect.Unassigned}},
	}
)

// life is a connector that is looked at once a second.
type life struct {
	now      time.Time
	wellAt   time.Time
	known    *backoff
	restarts []time.Duration // after the beginning
	givenUp  []time.Duration
}

var dawn = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func (l *life) lives(policy state.Restart, status connect.Status, seconds int) {
	for range seconds {
		switch {
		case !status.AllRunning():
			l.wellAt = time.Time{}
		case l.wellAt.IsZero():
			l.wellAt = l.now
		}
		done := treat(patient{policy: policy, isWanted: true, status: status, known: l.known, well: l.wellAt}, l.now)
		l.known = done.known
		if done.restart {
			l.restarts = append(l.restarts, l.now.Sub(dawn))
		}
		if done.giveUp {
			l.givenUp = append(l.givenUp, l.now.Sub(dawn))
		}
		l.now = l.now.Add(time.Second)
	}
}

const second = time.Second

func TestRestartsComeAtGrowingIntervalsAndEnd(t *testing.T) {
	t.Parallel()
	l := &life{now: dawn}
	l.lives(policy, failed, 600)
	assert.Equal(t, []time.Duration{10 * second, 30 * second, 55 * second}, l.restarts)
	assert.Equal(t, []time.Duration{80 * second}, l.givenUp, "a person is told once")
	assert.True(t, l.known.givenUp)
}

func TestABackOffNotedByAClockThatWasAheadIsNoLongerThanAnyOther(t *testing.T) {
	t.Parallel()
	const years = 20 * 365 * 24 * time.Hour
	l := life{now: dawn, known: &backoff{attempts: 1, since: dawn.Add(years), last: dawn.Add(years), next: dawn.Add(years + 20*second)}}
	l.lives(policy, failed, 60)
	assert.Equal(t, []time.Duration{20 * second, 45 * second}, l.restarts)
}

func TestOneThatRunsLongEnoughBeginsAnew(t *testing.T) {
	t.Parallel()
	l := &life{now: dawn}
	l.lives(policy, failed, 35)
	l.lives(policy, well, 3599)
	assert.Equal(t, 2, l.known.attempts)
	l.lives(policy, well, 2)
	assert.Nil(t, l.known)
}

func TestOneThatFailsAgainSoonHasNoNewAttempts(t *testing.T) {
	t.Parallel()
	l := &life{now: dawn}
	for range 10 {
		l.lives(policy, failed, 100)
		l.lives(policy, moving, 5)
		l.lives(policy, well, 60)
	}
	assert.Len(t, l.restarts, 3)
	assert.NotEmpty(t, l.givenUp)
}

func TestOneThatWasGivenUpAndRunsIsGivenUpAgainWhenItFails(t *testing.T) {
	t.Parallel()
	l := &life{now: dawn}
	l.lives(policy, failed, 100)
	l.lives(policy, well, 10)
	assert.False(t, l.known.givenUp)
	l.lives(policy, failed, 100)
	assert.Len(t, l.restarts, 3)
	assert.Len(t, l.givenUp, 2)
}

func TestAShareOutAnewIsNoFailure(t *testing.T) {
	t.Parallel()
	l := &life{now: dawn}
	l.lives(policy, moving, 100)
	assert.Nil(t, l.known)
}

func TestWithoutAttemptsNothingIsRestarted(t *testing.T) {
	t.Parallel()
	l := &life{now: dawn}
	l.lives(state.Restart{Attempts: 0, Backoff: second, MaxBackoff: second, ResetAfter: second}, failed, 100)
	assert.Empty(t, l.restarts)
	assert.Empty(t, l.givenUp)
}

func TestWhatIsToRestIsNotRestarted(t *testing.T) {
	t.Parallel()
	known := &backoff{attempts: 1}
	assert.Equal(t, remedy{}, treat(patient{policy: policy, status: failed, known: known}, dawn), "and forgotten")
}

func TestPausesGrowToTheirLimit(t *testing.T) {
	t.Parallel()
	long := state.Restart{Backoff: 10 * time.Second, MaxBackoff: 10 * time.Minute}
	for attempts, want := range map[int]time.Duration{0: 10 * second, 1: 20 * second, 5: 320 * second, 6: 600 * second, 1000: 600 * second} {
		assert.Equal(t, want, pause(long, attempts))
	}
	assert.Equal(t, time.Minute, pause(state.Restart{Backoff: time.Minute, MaxBackoff: second}, 3), "the first wait is the least")
}
