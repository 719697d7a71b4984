package cli_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/cli"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connecttest"
)

// bench is a cluster in memory, and the program in front of it.
type bench struct {
	*testing.T
	server  *connecttest.Server
	dir     string
	environ map[string]string
	program cli.Program
	daemon  *httptest.Server // where there is one
}

// result is what came of one command line.
type result struct {
	code     int
	out, err string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	b := &bench{T: t, server: server, dir: t.TempDir(), environ: map[string]string{"CONNECT_ENDPOINTS": server.URL()}}
	b.environ["HOME"] = b.dir
	b.program.Every = time.Millisecond
	return b
}

// run carries out one command line.
func (b *bench) run(args ...string) result {
	b.Helper()
	return b.runWith(b.Context(), "", args...)
}

func (b *bench) runWith(ctx context.Context, in string, args ...string) result {
	b.Helper()
	var out, err bytes.Buffer
	program := b.program
	program.In, program.Out, program.Err, program.Environ = strings.NewReader(in), &out, &err, b.lookup
	program.Version = "1.2.3"
	code := program.Run(ctx, args)
	return result{code, out.String(), err.String()}
}

// ok is run, where nothing may fail.
func (b *bench) ok(args ...string) string {
	b.Helper()
	done := b.run(args...)
	require.Equal(b, 0, done.code, done.err)
	return done.out
}

func (b *bench) lookup(name string) (string, bool) {
	value, is := b.environ[name]
	return value, is
}

// write makes a file and gives its path.
func (b *bench) write(name, text string) string {
	b.Helper()
	path := filepath.Join(b.dir, name)
	require.NoError(b, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(b, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// create makes connectors of Apache's file source.
func (b *bench) create(names ...string) {
	b.Helper()
	for _, name := range names {
		b.createWith(name, map[string]string{})
	}
	b.server.TakeWrites()
}

func (b *bench) createWith(name string, config map[string]string) {
	b.Helper()
	client, err := connect.New(connect.Config{Endpoints: []string{b.server.URL()}})
	require.NoError(b, err)
	defer client.Close()
	config["connector.class"] = "org.apache.kafka.connect.file.FileStreamSourceConnector"
	config["topic"] = "lines"
	_, err = client.Create(b.Context(), name, config, connect.InitialRunning)
	require.NoError(b, err)
	b.server.TakeWrites()
}
