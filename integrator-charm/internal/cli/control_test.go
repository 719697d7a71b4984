package cli_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/said"
)

func (k *keeper) Control(_ context.Context, cluster, connector, by string, message control.Message, _ string) (overlay.Taken, error) {
	outcome := overlay.TakenIn
	if !message.IsKnown() {
		outcome = overlay.Ignored
	}
	return overlay.Taken{Connector: connector, Version: 7, Outcome: outcome, Keys: message.Config.Keys(), Waiting: "the workers have not got the secrets yet"},
		k.call("control %s %s by %s: %s %v", cluster, connector, by, message.Type, message.Config.Keys())
}

func (k *keeper) Refuse(_ context.Context, cluster, connector, _ string, problems control.Problems) error {
	_ = k.call("refuse %s %s: %v", cluster, connector, problems)
	return &overlay.Nonconforming{Connector: connector, Problems: problems}
}

// changed is a control message that changes a key.
func changed(key string) string {
	return `{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1665532800000,"connectorConfig":{"config":{"` + key + `":"hunter2"}}}}`
}

func TestControlStandsInAPipe(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}}
	b := served(t, k)
	records := []string{`{"type":"RECORD","record":{"data":{"x":1.10}}}`, "a line of a log\r", `{"type":"STATE"}`}
	in := strings.Join([]string{records[0], changed("token"), records[1], changed("api_key"), `{"type":"CONTROL","control":{"type":"NEWER","emitted_at":1}}`, records[2]}, "\n")
	done := b.runWith(t.Context(), in, "control", "--connector", "orders")
	assert.Equal(t, result{
		0, strings.Join(records, "\n"), `line 2: taken, version 7: token (waits: the workers have not got the secrets yet)
line 4: taken, version 7: api_key (waits: the workers have not got the secrets yet)
line 5: warning: messages of type "NEWER" are not known here: nothing is done
`,
	}, done)
	assert.Equal(t, []string{
		"control  orders by ada: CONNECTOR_CONFIG [token]", "control  orders by ada: CONNECTOR_CONFIG [api_key]", "control  orders by ada: NEWER []",
	}, k.calls)

	file := b.write("messages", changed("token")+"\n")
	done = b.run("control", "--connector", "orders", "--cluster", "main", file, "-o", "json")
	assert.Equal(t, 0, done.code, done.err)
	assert.JSONEq(t, `{"line": 1, "taken": {"connector": "orders", "version": 7, "outcome": "taken", "keys": ["token"], "applied": false,
		"waiting": "the workers have not got the secrets yet"}}`, done.err)
	assert.Equal(t, 5, b.run("control").code)
	assert.Equal(t, 5, b.run("control", "--connector", "orders", "a", "b").code)
	assert.Equal(t, 1, b.run("control", "--connector", "orders", "missing").code)
}

// One that is wrong is the daemon's to judge, and fails alone.
func TestAMessageThatIsWrongFailsAlone(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}}
	b := served(t, k)
	wrong := strings.Replace(changed("token"), `"hunter2"`, `["hunter2"]`, 1)
	long := `{"type":"CONTROL","x":"` + strings.Repeat("x", control.MaxSize) + `"}`
	done := b.runWith(t.Context(), wrong+"\n"+long+"\n"+changed("token")+"\nx", "control", "--connector", "orders")
	assert.Equal(t, 1, done.code)
	assert.Equal(t, "x", done.out)
	assert.Equal(t, `line 1: connector orders: its control message does not conform: control.connectorConfig.config.token is a list; a connector's configuration has only text, numbers, true and false
line 2: the message is longer than 1 MiB
line 3: taken, version 7: token (waits: the workers have not got the secrets yet)
`, done.err)
	assert.Len(t, k.calls, 2)

	done = b.runWith(t.Context(), wrong, "control", "--connector", "orders", "-o", "json")
	assert.Contains(t, done.err, `"problems":[{"field":"control.connectorConfig.config.token"`)
	k.fails = overlay.ErrNoWay
	assert.Equal(t, 3, b.runWith(t.Context(), changed("token"), "control", "--connector", "orders").code, "refused")
}

func TestAMessageIsSentAgainWhileTheOtherLinesGoOn(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}, fails: manager.ErrStandby}
	b := served(t, k)
	in, into := io.Pipe()
	out, outOf := io.Pipe()
	program := b.program
	var told said.Lines
	program.In, program.Out, program.Err, program.Environ = in, outOf, &told, b.lookup
	code := make(chan int)
	go func() { code <- program.Run(t.Context(), []string{"control", "--connector", "orders"}) }()
	passed := bufio.NewScanner(out)
	for i := range 5 {
		_, err := fmt.Fprintf(into, "%s\n{\"type\":\"RECORD\",\"n\":%d}\n", changed(fmt.Sprint("key", i)), i)
		require.NoError(t, err)
		require.True(t, passed.Scan())
		assert.Equal(t, fmt.Sprintf(`{"type":"RECORD","n":%d}`, i), passed.Text())
	}
	require.NoError(t, into.Close())
	k.mu.Lock()
	k.fails = nil
	k.mu.Unlock()
	assert.Equal(t, 0, <-code, told.String())
	lines := strings.Split(strings.TrimSpace(told.String()), "\n")
	require.Len(t, lines, 5)
	for i, line := range lines {
		assert.Contains(t, line, fmt.Sprintf("line %d: taken, version 7: key%d", 2*i+1, i), "in their order")
	}
}

func TestAMessageIsNotSentAgainForEver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.environ["CONNECT_SERVER"] = "http://127.0.0.1:1" // nobody listens
	done := b.runWith(t.Context(), changed("a")+"\n"+changed("b"), "control", "--connector", "orders", "--retry-for", "20ms")
	assert.Equal(t, 1, done.code)
	assert.Equal(t, 2, strings.Count(done.err, "connection refused"), done.err)
	done = b.runWith(t.Context(), changed("a"), "control", "--connector", "orders", "--timeout", "20ms")
	assert.Equal(t, 4, done.code)
}

// An interrupt ends it though nobody closes the standard input.
func TestAnInterruptEndsControl(t *testing.T) {
	t.Parallel()
	b := served(t, &keeper{clusters: []string{"main"}})
	in, into := io.Pipe()
	defer into.Close()
	ctx, interrupt := context.WithCancelCause(t.Context())
	program := b.program
	program.In, program.Out, program.Err, program.Environ = in, io.Discard, io.Discard, b.lookup
	code := make(chan int)
	go func() { code <- program.Run(ctx, []string{"control", "--connector", "orders"}) }()
	_, err := fmt.Fprintln(into, "a line")
	require.NoError(t, err)
	interrupt(errors.New("Ctrl-C"))
	select {
	case is := <-code:
		assert.Equal(t, 130, is)
	case <-time.After(time.Minute):
		t.Fatal("it goes on")
	}
}
