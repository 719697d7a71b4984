package bench_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/tests/bench"
	"connectcharms/tests/bench/report"
)

// TestBenchmarksRun has each run with small sizes: what it measures here means nothing.
func TestBenchmarksRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, bench.Run(t.Context(), bench.All, bench.RunOptions{Quick: true, Out: dir, Log: t.Output()}))
	kept, err := report.Load(dir)
	require.NoError(t, err)
	require.Len(t, kept.Sections, len(bench.All))
	for _, section := range kept.Sections {
		assert.Positive(t, len(section.Rows())+len(section.Points()), "%s has measured something", section.Name)
	}
	written, err := os.ReadFile(filepath.Join(dir, report.Document))
	require.NoError(t, err)
	t.Logf("%s", written)
}

func TestTheComparisonsOfSyncsRun(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	var out strings.Builder
	measure := bench.Sync{Out: &out, Rounds: 2, Config: connect.Settings{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
	}}
	require.NoError(t, measure.Changes(t.Context(), server.URL(), 3, connect.Stopped))
	assert.Empty(t, server.Connectors(), "it tidies up")
	assert.Len(t, server.TakeWrites(), 2*2*3*3, "each of two creates, changes and deletes all, in two rounds")
	require.NoError(t, measure.Refused(t.Context(), server.URL(), 3, time.Millisecond))
	server.TakeWrites()
	require.NoError(t, measure.NoOp(t.Context(), server.URL(), 3))
	assert.Empty(t, server.TakeWrites())
	program, err := bench.BuildProgram(t.Context(), t.TempDir())
	require.NoError(t, err)
	measure.Program = &program
	require.NoError(t, measure.Memory(t.Context(), server.URL(), 3))
	assert.Empty(t, server.TakeWrites(), "the program finds all as it is to be")
	require.NoError(t, measure.Killed(t.Context(), []string{server.URL()}, 4, "nobody is killed", func() error { return nil }))
	for _, row := range []string{
		"| bare requests | ", "| ratio of the medians | ", "| ratio of the shortest | ", "| package connectors | 3 | 0 | ", "| package connectors | 1 | 0 | ",
		"| connect-manager sync | ", "| connect-manager serve, and a sync in it | ", "| nobody is killed | ",
	} {
		assert.Contains(t, out.String(), "\n"+row)
	}
}

func TestALoadThatIsRefusedIsAnError(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() {
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			_, _ = connection.Write([]byte("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"))
		}
	}()
	defer listener.Close()
	_, err = bench.Load{Address: listener.Addr().String(), Path: "/", Connections: 1, For: time.Second}.Run(t.Context())
	require.ErrorContains(t, err, "401 Unauthorized")
}
