package manager_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connecttest"
	"connectcharms/tests/charms"
	"connectcharms/tests/faults/clock"
	"connectcharms/tests/faults/network"
	"connectcharms/tests/proxy"
)

// number is how many connectors the state files of these tests have.
const number = 24

// TestForcesOnAManager has managers suffer what is no fault of theirs, on a Kafka Connect in memory.
func TestForcesOnAManager(t *testing.T) {
	t.Parallel()
	program, err := charms.BuildManager(t.Context(), t.TempDir())
	require.NoError(t, err)
	h := &house{program: program}
	for name, part := range map[string]func(*testing.T, *house){
		"one that is told to end in mid-sync ends, and the next goes on": itEndsInMidSync,
		"one that hangs while another takes over does no lasting harm":   itHangsAndIsReplaced,
		"answers of all wrong kinds hold up nothing for good":            wrongAnswersPass,
		"all that a network does holds up nothing for good":              harmPasses,
		"clocks that jump hold up nothing":                               jumpsPass,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t, h)
		})
	}
}

// declared is a state file with connectors that read a file.
func declared(file string) string {
	text := strings.Builder{}
	text.WriteString("manager: forced\nconnectors:\n")
	for i := range number {
		text.WriteString(source(fmt.Sprintf("c%02d", i), file))
	}
	return text.String()
}

// cluster is a Kafka Connect in memory.
func cluster(t *testing.T) *connecttest.Server {
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	return server
}

// before is a cluster behind a proxy.
func before(t *testing.T, server *connecttest.Server, options proxy.Options) string {
	t.Helper()
	through, err := proxy.Start([]string{server.URL()}, options)
	require.NoError(t, err)
	t.Cleanup(through.Close)
	return through.Endpoints[0]
}

// files are the files that the connectors read, each with how many do.
func files(server *connecttest.Server) map[string]int {
	all := map[string]int{}
	for _, name := range server.Connectors() {
		all[server.Config(name)["file"]]++
	}
	return all
}

// serveAt has the daemon serve a cluster at an endpoint, by a state file.
func (s *stage) serveAt(endpoint, file, serve string) {
	s.t.Helper()
	s.write("state.yaml", declared(file))
	s.configure(serve, "main: {endpoints: ['"+endpoint+"'], state: state.yaml}")
}

func itEndsInMidSync(t *testing.T, h *house) {
	server, s := cluster(t), h.stage(t)
	var first sync.Once
	started, ended := make(chan *os.Process, 1), make(chan struct{})
	half := func() bool { return len(server.Connectors()) == number/2 }
	s.serveAt(before(t, server, proxy.Options{OnWrite: func(before int) {
		if before < number/2 {
			return
		}
		first.Do(func() { // when those before are made
			assert.Eventually(t, half, patience, time.Millisecond)
			assert.NoError(t, (<-started).Signal(syscall.SIGTERM))
		})
		<-ended
		panic(http.ErrAbortHandler) // what is asked for then is not answered any more, nor done
	}}), "/one", "interval: 1h")
	s.start()
	started <- s.serve.Process
	assert.NoError(t, s.serve.Wait(), "it ends well")
	close(ended)
	assert.True(t, half(), "it does not go on to the end")

	s.serveAt(server.URL(), "/one", "interval: 1h")
	s.begin()
	s.until("all are there", func() bool { return files(server)["/one"] == number })
	made := map[string]int{}
	for _, write := range server.TakeWrites() {
		made[write]++
	}
	assert.Equal(t, map[string]int{"POST /connectors": number}, made, "none twice")
	runs := get[[]struct{ Result string }](s, "/api/v1/history")
	require.Len(t, runs, 2)
	assert.Equal(t, []string{"ok", "failed"}, []string{runs[0].Result, runs[1].Result}, "the history says that one did not end")
}

// itHangsAndIsReplaced has the unit with a daemon stand still in mid-sync, and another lead meanwhile with a newer file. Nobody
// told the first when it goes on with what it was about; what it still does then, the other repairs.
func itHangsAndIsReplaced(t *testing.T, h *house) {
	server, one, other := cluster(t), h.stage(t), h.stage(t)
	var first sync.Once
	started, hangs := make(chan *os.Process, 1), make(chan struct{})
	through := before(t, server, proxy.Options{OnWrite: func(before int) {
		if before == number/2 {
			first.Do(func() {
				assert.NoError(t, (<-started).Signal(syscall.SIGSTOP))
				close(hangs)
			})
		}
	}})
	one.serveAt(through, "/one", "interval: 1s")
	one.start()
	started <- one.serve.Process
	<-hangs
	other.serveAt(server.URL(), "/other", "interval: 1s")
	other.begin()
	other.until("the other has taken over", func() bool { return files(server)["/other"] == number })

	require.NoError(t, one.serve.Process.Signal(syscall.SIGCONT))
	one.serveAt(through, "/one", "active: false") // as the charm has it of a unit that leads no more
	require.NoError(t, one.serve.Process.Signal(syscall.SIGHUP))
	one.until("the first has heard", func() bool { return one.log.Has("other settings are in force") })
	other.until("all is as the one has it that leads", func() bool { return files(server)["/other"] == number })
}

func wrongAnswersPass(t *testing.T, h *house) {
	server, s := cluster(t), h.stage(t)
	answers := []proxy.Answer{proxy.Rebalancing, proxy.TimedOut, proxy.Page, proxy.Half, proxy.CutShort, nil}
	random := rand.New(rand.NewPCG(1, 0))
	var mu sync.Mutex
	asked := 0
	s.serveAt(before(t, server, proxy.Options{Instead: func(proxy.Exchange) proxy.Answer {
		mu.Lock()
		defer mu.Unlock()
		if asked++; asked > 2*number {
			return nil // it is over
		}
		return answers[random.IntN(len(answers))]
	}}), "/one", "interval: 1s")
	s.begin()
	s.until("all are there", func() bool { return files(server)["/one"] == number })
	s.write("state.yaml", declared("/two"))
	s.until("all are changed", func() bool { return files(server)["/two"] == number })
}

func harmPasses(t *testing.T, h *house) {
	server, s := cluster(t), h.stage(t)
	wire, err := network.Lay(strings.TrimPrefix(server.URL(), "http://"))
	require.NoError(t, err)
	t.Cleanup(wire.Close)
	s.serveAt("http://"+wire.Address(), "/0", "interval: 1s")
	s.begin()
	s.until("all are there", func() bool { return files(server)["/0"] == number })
	s.untilDone()
	for i, harm := range []network.Harm{
		{Refuse: true},
		{Reset: true},
		{HalfClose: true},
		{ResetAfter: 700},
		{Silent: true},
		{Latency: 50 * time.Millisecond, Rate: 20_000},
	} {
		file := fmt.Sprintf("/%d", i+1)
		require.NoError(t, wire.Suffer(harm))
		s.write("state.yaml", declared(file))
		s.until("the file is in force", func() bool { return strings.Count(s.log.String(), "a state file is in force") == i+2 })
		require.NoError(t, wire.Heal())
		s.until(fmt.Sprintf("all are changed after %+v", harm), func() bool { return files(server)[file] == number })
		s.untilDone()
	}
}

// untilDone waits until the daemon, too, knows that all is done that the file asks for: what is under way yet would meet the next harm.
func (s *stage) untilDone() {
	s.t.Helper()
	s.until("it is done", func() bool {
		is := get[struct {
			Revision string
			Syncing  bool
			LastSync struct{ Revision, Result string }
		}](s, "/api/v1/status")
		return !is.Syncing && is.LastSync.Revision == is.Revision && is.LastSync.Result == "ok"
	})
}

func jumpsPass(t *testing.T, h *house) {
	const year = 365 * 24 * time.Hour
	server, s := cluster(t), h.stage(t)
	s.serveAt(server.URL(), "/0", "interval: 1s")
	s.begin()
	s.until("all are there", func() bool { return files(server)["/0"] == number })
	for i, off := range []time.Duration{3 * time.Hour, -3 * time.Hour, 20 * year, -20 * year, 0} {
		if err := clock.Set(s.serve.Process.Pid, off); err != nil {
			t.Skip(err)
		}
		file := fmt.Sprintf("/%d", i+1)
		s.write("state.yaml", declared(file))
		s.until("all are changed", func() bool { return files(server)[file] == number })
		s.until("the newest run comes first", func() bool {
			runs := get[[]struct{ Revision, Result string }](s, "/api/v1/history?limit=100")
			inForce := get[struct{ Revision string }](s, "/api/v1/status").Revision
			return len(runs) >= i+2 && runs[0].Revision == inForce && runs[0].Result == "ok"
		})
		server.Fail("c00", "it failed")
		s.until("what has failed is restarted", func() bool {
			return strings.Contains(strings.Join(server.TakeWrites(), " "), "/connectors/c00/restart")
		})
		status, _ := s.ask("GET", "/health/live")
		assert.Equal(t, 200, status)
	}
}
