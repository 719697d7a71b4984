package bench_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/bench"
	"connectcharms/tests/bench/report"
)

// TestBenchmarksRun has each run with small sizes, beside the others: what they measure here means nothing.
func TestBenchmarksRun(t *testing.T) {
	t.Parallel()
	for _, one := range bench.All {
		t.Run(one.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, bench.Run(t.Context(), []bench.Benchmark{one}, bench.RunOptions{Quick: true, Out: dir, Log: t.Output()}))
			kept, err := report.Load(dir)
			require.NoError(t, err)
			require.Len(t, kept.Sections, 1)
			assert.Positive(t, len(kept.Sections[0].Rows())+len(kept.Sections[0].Points()), "it has measured something")
			written, err := os.ReadFile(filepath.Join(dir, report.Document))
			require.NoError(t, err)
			t.Logf("%s", written)
		})
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
