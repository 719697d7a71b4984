package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/said"
	"connectcharms/tests/proxy"
)

// seed has a source, a sink that comes to rest, and one that fails, for its directory is not there.
const seed = `manager: payments
defaults:
  owner: {team: data}
  config: {tasks.max: 1, value.converter: org.apache.kafka.connect.storage.StringConverter}
connectors:
- name: lines
  owner: {team: streams}
  labels: {tier: gold}
  config:
    connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector
    topic: lines
    file: DIR/lines.txt
    my.password: {secret: lines, key: password}
- name: copies
  config: {connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector, topics: lines, file: DIR/copies.txt}
- name: fails
  config: {connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector, topics: lines, file: DIR/none/copies.txt, my.password: hunter3}
`

// TestTheProgramOnARealWorker tells its stories on one worker.
func TestTheProgramOnARealWorker(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	t.Run("every verb", func(t *testing.T) { s.in(t).everyVerb() })
	t.Run("an interrupted sync is completed by the next", func(t *testing.T) { s.in(t).interruptedSync() })
	t.Run("the tutorial", func(t *testing.T) { s.in(t).tutorial() })
}

// everyVerb: a file is checked, planned, applied; its connectors are looked at and changed.
func (s *stage) everyVerb() {
	t := s.T
	s.write("lines.txt", "one\ntwo\nthree\n")
	s.write("secrets/lines/password", "hunter2\n")
	state := s.write("state.yaml", strings.ReplaceAll(seed, "DIR", s.dir))

	assert.Regexp(t, `^connect-manager \S+ \(go.*\)\nKafka Connect \d`, s.ok("version", "--cluster"))
	assert.Contains(t, s.ok("plugins"), "org.apache.kafka.connect.file.FileStreamSinkConnector")
	assert.Regexp(t, `(?m)^file +string`, s.ok("plugins", "org.apache.kafka.connect.file.FileStreamSinkConnector"))
	assert.Equal(t, state+": 3 connectors, valid\n", s.ok("validate", "--online"))

	planned := s.run("plan", "--out", "plan.json")
	require.Equal(t, 2, planned.code, planned.err)
	assert.True(t, strings.HasSuffix(planned.out, "real: 3 to create; 0 unchanged.\n"), planned.out)
	assert.Equal(t, "copies: added\nfails: added\nlines: added\n", s.ok("apply", "plan.json"))
	assert.Equal(t, 3, s.run("apply", "plan.json").code, "the cluster has moved")
	assert.Equal(t, "real: nothing to change; 3 unchanged.\n", s.ok("plan"))

	assert.Equal(t, "copies: running\nlines: running\n", s.ok("wait", "lines", "copies"))
	assert.Equal(t, "fails: failed\n", s.ok("wait", "fails", "--for", "failed"))
	assert.Equal(t, "fails\n", s.ok("list", "failed", "-o", "name"))
	assert.Equal(t, "copies\nlines\n", s.ok("list", "running", "-o", "name"))
	assert.Regexp(t, `(?m)^lines +RUNNING +1/1 +source +FileStreamSourceConnector +127.0.0.1:\d+ +streams +tier=gold$`, s.ok("list", "--wide"))
	whole := s.ok("status", "fails", "--traces")
	assert.Contains(t, whole, "NoSuchFileException")
	assert.Equal(t, 1, s.run("restart", "--state", "failed", "--failed", "--wait").code, "it fails again")
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "none"), 0o700))
	assert.Equal(t, "fails: restarted\n", s.ok("restart", "--state", "failed", "--failed", "--wait"))
	assert.Equal(t, "fails: restarted\n", s.ok("restart", "fails", "--task", "0"))

	assert.Equal(t, "lines: paused\n", s.ok("pause", "--owner", "streams", "--wait"))
	assert.Equal(t, "lines\n", s.ok("list", "paused", "-o", "name"))
	assert.Equal(t, "lines: resumed\n", s.ok("resume", "lines", "--wait"))
	assert.Equal(t, "copies: stopped\n", s.ok("stop", "copies", "--wait"))
	s.offsets()
	assert.Equal(t, "copies: resumed (it is STOPPED, to be RUNNING)\n", s.ok("sync"))
	assert.Equal(t, "lines\n", s.ok("topics", "lines"))
	assert.Equal(t, "org.apache.kafka.connect.file: DEBUG\n", s.ok("loggers", "set", "org.apache.kafka.connect.file", "debug"))
	assert.Contains(t, s.ok("loggers", "list"), "org.apache.kafka.connect.file")

	s.owners()
	assert.Equal(t, "copies\nfails\n:4\n", s.ok("__complete", "pause", "lines", ""))
	assert.Equal(t, 3, s.run("delete", "fails").code, "nobody can be asked")
	assert.Equal(t, "copies: deleted\nfails: deleted\nlines: deleted\n", s.ok("delete", "--all", "--yes"))
	assert.Equal(t, "fails: gone\n", s.ok("wait", "fails", "--for", "gone"))
}

// offsets are read, set and forgotten.
func (s *stage) offsets() {
	s.Helper()
	s.ok("resume", "copies", "--wait")
	require.Eventually(s, func() bool {
		copied, _ := os.ReadFile(filepath.Join(s.dir, "copies.txt"))
		return strings.Contains(string(copied), "three")
	}, time.Minute, 100*time.Millisecond, "lines move")
	assert.Equal(s, "copies: offsets set\n", s.ok("offsets", "set", "copies", "--at", "lines:0=1", "--stop"))
	s.ok("stop", "copies", "--wait")
	document := s.ok("offsets", "get", "copies", "-o", "json")
	var offsets struct {
		Offsets []struct{ Partition, Offset map[string]any }
	}
	require.NoError(s, json.Unmarshal([]byte(document), &offsets))
	require.Len(s, offsets.Offsets, 1)
	assert.Equal(s, 3, s.run("offsets", "reset", "copies").code, "nobody can be asked")
	assert.Equal(s, "copies: offsets reset\n", s.ok("offsets", "reset", "copies", "--yes"))
	assert.NotContains(s, s.ok("offsets", "get", "copies"), "lines")
	assert.Equal(s, "copies: offsets set\n", s.ok("offsets", "set", "copies", "--file", s.write("offsets.json", document)))
	assert.Contains(s, s.ok("offsets", "get", "copies"), "kafka_partition")
	assert.Equal(s, 1, s.run("offsets", "reset", "lines", "--yes").code, "it runs")
}

// owners change, and what is exported is what there is.
func (s *stage) owners() {
	s.Helper()
	assert.Equal(s, "lines: released\n", s.ok("release", "lines"))
	assert.Equal(s, 1, s.run("sync").code, "it is nobody's now")
	assert.Equal(s, "lines: adopted\n", s.ok("adopt", "lines"))
	s.ok("export", "--manager", "payments", "--out", "exported.yaml", "--secrets-dir", "exported")
	exported, err := os.ReadFile(filepath.Join(s.dir, "exported.yaml"))
	require.NoError(s, err)
	assert.NotContains(s, string(exported), "hunter")
	s.configure("exported.yaml", "exported")
	assert.Equal(s, "real: nothing to change; 3 unchanged.\n", s.ok("plan"))
}

// interruptedSync has a signal sent to the program while it works.
func (s *stage) interruptedSync() {
	t := s.T
	const number = 60
	s.configure("state.yaml", "secrets")
	var text strings.Builder
	text.WriteString("defaults: {config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, topic: t}}\nconnectors:\n")
	for i := range number {
		fmt.Fprintf(&text, "- {name: c%02d, config: {file: %s}}\n", i, s.write(fmt.Sprintf("c%02d", i), ""))
	}
	s.write("state.yaml", text.String())
	watched, _, _ := s.command(t.Context(), "watch", "-o", "json", "--interval", "200ms")
	seen := &said.Lines{}
	watched.Stdout = seen
	require.NoError(t, watched.Start())

	var first sync.Once
	started, ended := make(chan *os.Process, 1), make(chan struct{})
	through, err := proxy.Start([]string{s.worker.URL()}, proxy.Options{OnWrite: func(before int) {
		if before < number/3 {
			return
		}
		first.Do(func() { assert.NoError(t, (<-started).Signal(syscall.SIGINT)) })
		<-ended
		panic(http.ErrAbortHandler) // what is asked for then is not answered any more, nor done
	}})
	require.NoError(t, err)
	t.Cleanup(through.Close)
	config := s.write("through.yaml", "contexts: {real: {endpoints: ['"+through.Endpoints[0]+"'], state: state.yaml}}\n")
	synced, out, complaint := s.command(t.Context(), "sync", "--config", config)
	require.NoError(t, synced.Start())
	started <- synced.Process
	_ = synced.Wait()
	close(ended)
	assert.Equal(t, 130, synced.ProcessState.ExitCode(), complaint.String())
	done := strings.Count(out.String(), ": added")
	t.Logf("interrupted after %d of %d", done, number)
	assert.Less(t, done, number)
	require.Eventually(t, func() bool { return strings.Count(s.ok("list", "-o", "name"), "\n") >= done }, time.Minute, 100*time.Millisecond,
		"what it told was done")

	s.ok("sync")
	assert.Equal(t, number, strings.Count(s.ok("list", "-o", "name"), "\n"))
	assert.Equal(t, fmt.Sprintf("real: nothing to change; %d unchanged.\n", number), s.ok("plan"))
	s.ok("wait", "c00", "c59")
	require.Eventually(t, func() bool { return seen.Has(`"name":"c59"`) }, time.Minute, 50*time.Millisecond, "who watches sees it")
	require.NoError(t, watched.Process.Signal(syscall.SIGTERM))
	require.NoError(t, watched.Wait(), "watch ends with code 0")
}
