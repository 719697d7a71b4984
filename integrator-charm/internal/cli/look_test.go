package cli_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"connectcharms/requirer-lib/said"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListShowsATable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("orders", "wikipedia-irc", "z")
	b.ok("pause", "orders", "--wait")
	b.createWith("kept", map[string]string{"connect.manager.overlay": `{"halted":"s.a.b"}`})
	b.ok("stop", "kept", "--wait")
	b.server.Fail("z", "org.apache.kafka.common.KafkaException: no\n\tat somewhere")
	assert.Equal(t, ""+
		"NAME           STATE           TASKS  TYPE    CLASS\n"+
		"kept           STOPPED (kept)  0/0    source  FileStreamSourceConnector\n"+
		"orders         PAUSED          0/1    source  FileStreamSourceConnector\n"+
		"wikipedia-irc  RUNNING         1/1    source  FileStreamSourceConnector\n"+
		"z              FAILED          0/1    source  FileStreamSourceConnector\n", b.ok("list"))
}

func TestEveryConnectorIsInOneList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("failed", "failed-itself", "paused", "running", "stopped")
	b.ok("pause", "paused", "--wait")
	b.ok("stop", "stopped", "--wait")
	b.server.Fail("failed", "no")
	b.server.FailItself("failed-itself", "no")
	for state, names := range map[string]string{
		"failed": "failed\nfailed-itself\n", "paused": "paused\n", "running": "running\n", "stopped": "stopped\n", "unassigned": "",
	} {
		assert.Equal(t, names, b.ok("list", state, "-o", "name"))
	}
	assert.Equal(t, "paused\nstopped\n", b.ok("list", "paused", "stopped", "-o", "name"))
	none := b.run("list", "unassigned")
	assert.Equal(t, result{0, "", "There is no such connector.\n"}, none)
	assert.Equal(t, "[]\n", b.ok("list", "unassigned", "-o", "json"))
	wrong := b.run("list", "sleeping")
	assert.Equal(t, result{5, "", "connect-manager: no state \"sleeping\": want running, paused, stopped, failed, unassigned, restarting\n"}, wrong)
}

func TestListAsADocument(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.createWith("lines", map[string]string{"connect.manager": "payments", "connect.manager.protected": "true"})
	b.createWith("on", map[string]string{"db.password": "hunter2"})
	b.server.Fail("on", "login with hunter2 failed\n\tat there")
	out := b.ok("list", "-o", "json")
	assert.JSONEq(t, `[
	  {"context": "default", "name": "lines", "state": "RUNNING", "type": "source", "class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
	   "worker": "127.0.0.1:8083", "tasks": [{"id": 0, "state": "RUNNING", "worker": "127.0.0.1:8083"}], "manager": "payments", "protected": true},
	  {"context": "default", "name": "on", "state": "RUNNING", "type": "source", "class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
	   "worker": "127.0.0.1:8083", "tasks": [{"id": 0, "state": "FAILED", "worker": "127.0.0.1:8083", "trace": "login with *** failed\n\tat there"}]}
	]`, out)
	assert.Equal(t, `- context: default
  name: "on"
  state: RUNNING
  type: source
  class: org.apache.kafka.connect.file.FileStreamSourceConnector
  worker: 127.0.0.1:8083
  tasks:
  - id: 0
    state: FAILED
    worker: 127.0.0.1:8083
    trace: |-
      login with *** failed
      	at there
`, b.ok("list", "-m", "o.", "-o", "yaml"))
}

func TestAPatternIsOfTheWholeName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("jdbc-a", "jdbc-b", "my-jdbc-c")
	assert.Equal(t, "jdbc-a\njdbc-b\n", b.ok("list", "-m", "jdbc-.*", "-o", "name"))
	assert.Equal(t, "jdbc-a\nmy-jdbc-c\n", b.ok("list", "-m", "jdbc-a|my.*", "-o", "name"))
	assert.Equal(t, 5, b.run("list", "-m", "(").code)
}

func TestStatusSaysWhyWithoutSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.createWith("lines", map[string]string{"db.password": "hunter2", "connect.manager": "payments"})
	b.server.Fail("lines", "org.sql.Refused: hunter2 is wrong\n\tat org.sql.Login\n\x1b[2Jcaused by")
	assert.Equal(t, `lines  RUNNING on 127.0.0.1:8083
  class:    org.apache.kafka.connect.file.FileStreamSourceConnector (source)
  manager:  payments
  task 0    FAILED on 127.0.0.1:8083
    org.sql.Refused: *** is wrong
`, b.ok("status", "lines"))
	whole := b.ok("status", "lines", "--traces")
	assert.Contains(t, whole, "      at org.sql.Login\n    \\x1b[2Jcaused by\n")
	assert.NotContains(t, whole+b.ok("status", "lines", "-o", "json")+b.ok("status", "lines", "-o", "yaml"), "hunter2")
	missing := b.run("status", "lines", "none")
	assert.Equal(t, 1, missing.code)
	assert.Contains(t, missing.out, "lines  RUNNING")
	assert.Equal(t, "connect-manager: none: there is no connector of this name\n", missing.err)
}

func TestColoursAreForTerminalsThatWantThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("lines")
	b.program.OutTerminal = true
	assert.Equal(t, "NAME   STATE    TASKS  TYPE    CLASS\nlines  \x1b[32mRUNNING\x1b[0m  1/1    source  FileStreamSourceConnector\n", b.ok("list"))
	b.environ["NO_COLOR"] = "1"
	assert.NotContains(t, b.ok("list"), "\x1b")
	delete(b.environ, "NO_COLOR")
	b.environ["TERM"] = "dumb"
	assert.NotContains(t, b.ok("list"), "\x1b")
}

func TestWaitEndsWhenItHolds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a", "b")
	assert.Equal(t, "a: running\nb: running\n", b.ok("wait", "b", "a", "a"))
	assert.Equal(t, "none: gone\n", b.ok("wait", "none", "--for", "gone"))
	assert.JSONEq(t, `[{"context": "default", "name": "a", "did": "running"}]`, b.ok("wait", "a", "-o", "json"))
	b.server.Fail("b", "no")
	failed := b.run("wait", "a", "b")
	assert.Equal(t, result{1, "a: running\n", "b: it is not running, and has failed: see connect-manager status b\nconnect-manager: 1 of 2 failed\n"}, failed)
	assert.Equal(t, "b: failed\n", b.ok("wait", "b", "--for", "failed"))
}

func TestWaitEndsWithItsTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a")
	over := b.run("wait", "a", "none", "--for", "stopped", "--timeout", "2s")
	assert.Equal(t, result{
		4, "", "a: it is not stopped, the time is over: it is RUNNING, 1 of 1 tasks run\n" +
			"none: it is not stopped, the time is over: it is not there\nconnect-manager: 2 of 2 failed\n",
	}, over)
}

func TestAnInterruptEndsAWaitAndSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a")
	ctx, cancel := context.WithCancel(t.Context())
	cluster, err := url.Parse(b.server.URL())
	require.NoError(t, err)
	pass := httputil.NewSingleHostReverseProxy(cluster)
	var looks atomic.Int32
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if pass.ServeHTTP(w, r); looks.Add(1) == 3 {
			cancel()
		}
	}))
	t.Cleanup(between.Close)
	b.environ["CONNECT_ENDPOINTS"] = between.URL
	ended := b.runWith(ctx, "", "wait", "a", "--for", "paused")
	assert.Equal(t, 130, ended.code)
	assert.Equal(t, "a: interrupted: look whether it was done\nconnect-manager: interrupted\n", ended.err)
}

func TestWatchFollowsChangesAndOutlivesAFault(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a", "b")
	b.program.Now = func() time.Time { return time.Date(2026, 11, 23, 4, 5, 6, 0, time.UTC) }
	var out, err said.Lines
	program := b.program
	program.Out, program.Err, program.Environ = &out, &err, b.lookup
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() { ended <- program.Run(ctx, []string{"watch", "--interval", "100ms"}) }()
	shows := func(text string) {
		t.Helper()
		require.Eventually(t, func() bool { return out.String() == text }, time.Minute, 10*time.Millisecond, "%s", text)
	}
	seen := "04:05:06  a  RUNNING  1/1\n04:05:06  b  RUNNING  1/1\n"
	shows(seen)
	b.server.Fail("a", "it broke\n\tat x")
	seen += "04:05:06  a  RUNNING → FAILED  0/1\n          it broke\n"
	shows(seen)
	b.ok("delete", "b", "--yes")
	seen += "04:05:06  b  RUNNING → gone\n"
	shows(seen)
	cancel()
	assert.Equal(t, 0, <-ended)
	assert.Empty(t, err.String())
}

func TestPluginsTopicsVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	assert.Contains(t, b.ok("plugins"), "org.apache.kafka.connect.file.FileStreamSinkConnector    sink    ")
	assert.Contains(t, b.ok("plugins", "-o", "json"), `"context": "default"`)
	assert.Regexp(t, `^connect-manager 1.2.3 \(go1`, b.ok("version"))
	assert.Equal(t, 5, b.run("topics").code)
}

func TestWatchDoesNotGoOnWhereItCannotLookAtAll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.SetPassword("somebody", "else")
	ended := b.run("watch")
	assert.Equal(t, 1, ended.code)
	assert.Contains(t, ended.err, "401 Unauthorized (check username and password)")
}
