package control_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	// killsVariable says how often the manager is killed, seedVariable at which moments.
	killsVariable, seedVariable = "KAFKA_CONNECT_CONTROL_KILLS", "KAFKA_CONNECT_CONTROL_SEED"
	kills                       = 8
)

// step is what a manager has come to with a message when it is killed, or a little later.
type step struct {
	what  string
	is    func() bool
	later time.Duration // at most
}

// theManagerIsKilled at random moments, while the token expires on and on.
func theManagerIsKilled(t *testing.T, h *house) {
	w := h.worker(t, "killing", time.Minute)
	s := w.stage(t, "killed", 10)
	m := s.managed()
	m.wants(s.config("first", s.records.current()))
	m.begin()
	seed := number(t, seedVariable, 1)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	var total int
	for range number(t, killsVariable, kills) {
		steps := m.steps()
		at := steps[random.IntN(len(steps))]
		total = s.records.release(10 + random.IntN(20))
		s.until(at.what, at.is)
		<-time.After(time.Duration(random.Int64N(int64(at.later)))) // the moment is the test
		t.Logf("killed when %s", at.what)
		m.kill()
		m.start()
	}
	m.until("the manager is ready", m.ready)
	s.untilArrived(total)
	m.untilAllIsTaken()
	s.untilRenewed()
	total = s.records.release(15)
	s.untilArrived(total)
	m.untilAllIsTaken()
	s.untilRenewed()
	s.arrived.holdsEachOnce(t, total)
	s.untilTold()
	assert.Len(t, s.messages.all(), s.records.expiries())
	m.until("all is in the history", func() bool { return m.overlay().Applied })
	assert.LessOrEqual(t, len(m.controlRuns()), s.records.expiries(), "what was applied at once is one entry; nothing has two")
	assert.Empty(t, s.records.secretsIn(m.log.String()))
	usedUp, _ := s.records.usedUp()
	t.Logf("seed %d: %d records, %d expiries, %d entries of the history; tasks were started with %d refresh tokens that were used up already",
		seed, total, s.records.expiries(), len(m.controlRuns()), usedUp)
}

// steps are those that a message takes from now on.
func (m *manager) steps() []step {
	m.t.Helper()
	sent, files, config := len(m.messages.all()), m.files(), m.reference()
	const short = 100 * time.Millisecond
	return []step{
		{"it comes up", func() bool { return true }, time.Second},
		{"a message came", func() bool { return len(m.messages.all()) > sent }, short},
		{"its secrets are with the worker", func() bool { return !slices.Equal(m.files(), files) }, short},
		{"the connector has it", func() bool { return m.reference() != config }, short},
		{"the connector has had it for a while", func() bool { return m.reference() != config }, time.Second},
	}
}

// files are those that the worker has from the manager.
func (m *manager) files() (names []string) {
	m.t.Helper()
	there, err := os.ReadDir(m.secrets())
	if err != nil {
		require.ErrorIs(m.t, err, fs.ErrNotExist)
	}
	for _, file := range there {
		names = append(names, file.Name())
	}
	return names
}

// reference is where the connector is to have its token from.
func (m *manager) reference() string {
	m.t.Helper()
	config, err := m.client().Config(m.t.Context(), m.name)
	require.NoError(m.t, err)
	return config["token"]
}

func (m *manager) untilAllIsTaken() {
	m.t.Helper()
	m.until("every message is taken, once", func() bool { return m.overlay().Version == m.records.expiries() })
}

// number is what a variable of the environment says, or what holds without it.
func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	given, err := strconv.Atoi(text)
	require.NoError(t, err, variable)
	return given
}
