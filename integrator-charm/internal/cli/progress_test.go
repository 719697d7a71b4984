package cli_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// slow is a state file whose sync takes some looks, and a clock that goes on by a second each time that it is read.
func slow(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	var text strings.Builder
	text.WriteString("connectors:\n")
	for i := range 30 {
		fmt.Fprintf(&text, "- {name: c%02d, config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, topic: t}}\n", i)
	}
	b.environ["CONNECT_STATE"] = b.write("state.yaml", text.String())
	now := make(chan time.Time, 1)
	now <- time.Date(2026, 11, 23, 4, 5, 6, 0, time.UTC)
	b.program.Now = func() time.Time {
		is := <-now
		now <- is.Add(time.Second)
		return is
	}
	return b
}

func TestProgressIsALineThatGoesAgainOnATerminal(t *testing.T) {
	t.Parallel()
	b := slow(t)
	b.program.ErrTerminal = true
	done := b.run("sync")
	assert.Contains(t, done.err, "\r\x1b[K1 of 30 connectors\r\x1b[K2 of 30 connectors")
	assert.True(t, strings.HasSuffix(done.err, "30 of 30 connectors\r\x1b[Kdefault: 30 changed, 0 unchanged\n"), "%q", done.err)
}

func TestANoteStandsAboveTheLineOfProgress(t *testing.T) {
	t.Parallel()
	b := slow(t)
	b.program.ErrTerminal = true
	said := b.run("sync", "-v").err
	assert.Contains(t, said, " of 30 connectors\r\x1b[K")
	for line := range strings.Lines(said) {
		assert.NotRegexp(t, `connectors[^\r]*\n$`, line, "a note has a line of its own")
	}
}

func TestProgressElsewhereIsForWhoAsks(t *testing.T) {
	t.Parallel()
	b := slow(t)
	assert.Equal(t, "default: 30 changed, 0 unchanged\n", b.run("sync").err)
	b.ok("delete", "--all", "--yes")
	assert.Contains(t, b.run("sync", "-v").err, "\n29 of 30 connectors\n")
}
