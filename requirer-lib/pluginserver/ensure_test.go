//go:build linux

package pluginserver_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/pluginserver"
	"connectcharms/requirer-lib/program"
)

const (
	patience = time.Minute
	tick     = 10 * time.Millisecond
)

// TestMain makes this binary the server as well, as a charm's binary is.
func TestMain(m *testing.M) {
	program.Program{Name: "client", Commands: []program.Command{pluginserver.Command()}}.TestMain(m)
}

func newUnit(t *testing.T, content string) (hook.Event, pluginserver.Options) {
	t.Helper()
	event := hook.Event{Unit: "client/0", CharmDir: t.TempDir() + "/var/lib/juju/agents/unit-client-0/charm"}
	t.Cleanup(func() { assert.NoError(t, pluginserver.Stop(context.Background(), event)) })
	program, err := os.Executable()
	require.NoError(t, err)
	host, port, err := net.SplitHostPort(freeAddress())
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	return event, pluginserver.Options{File: write(t, content), Address: host, Port: number, Command: []string{program, "serve-plugin"}}
}

func served(t *testing.T, options pluginserver.Options) string {
	t.Helper()
	response, err := http.Get(pluginserver.URL(options.Address, options.Port))
	require.NoError(t, err)
	defer response.Body.Close()
	return body(t, response)
}

func pid(t *testing.T, event hook.Event) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(event.Root(), "var/lib/client-0/plugin-server/pid"))
	require.NoError(t, err)
	number, err := strconv.Atoi(strings.Fields(string(text))[0])
	require.NoError(t, err)
	return number
}

func TestEnsureStartsWhatDoesNotRunAsItShould(t *testing.T) {
	t.Parallel()
	event, options := newUnit(t, "first")
	ensure := func(why string, want bool) {
		t.Helper()
		started, err := pluginserver.Ensure(t.Context(), event, options)
		require.NoError(t, err, why)
		assert.Equal(t, want, started, why)
	}
	ensure("the first time", true)
	assert.Equal(t, "first", served(t, options))
	ensure("nothing has changed", false)

	require.NoError(t, syscall.Kill(pid(t, event), syscall.SIGKILL))
	require.Eventually(t, func() bool { return !pluginserver.Running(event) }, patience, tick)
	ensure("it has died", true)

	options.File = write(t, "second")
	ensure("another file", true)
	assert.Equal(t, "second", served(t, options))

	require.NoError(t, pluginserver.Stop(t.Context(), event))
	assert.False(t, pluginserver.Running(event))
	require.NoError(t, pluginserver.Stop(t.Context(), event), "stopping twice is no error")
}

func TestAPortThatIsTakenIsTold(t *testing.T) {
	t.Parallel()
	event, options := newUnit(t, "first")
	listener, err := net.Listen("tcp", net.JoinHostPort(options.Address, strconv.Itoa(options.Port)))
	require.NoError(t, err)
	defer listener.Close()
	_, err = pluginserver.Ensure(t.Context(), event, options)
	require.ErrorContains(t, err, "address already in use; free the port or choose another")
	assert.False(t, pluginserver.Running(event))
}

func TestAServerThatDiesAtItsStartIsTold(t *testing.T) {
	t.Parallel()
	event, options := newUnit(t, "first")
	options.Command = []string{"/bin/false"}
	_, err := pluginserver.Ensure(t.Context(), event, options)
	assert.ErrorContains(t, err, "it ended at once")
	for _, command := range [][]string{nil, {"relative"}, {"/nowhere/program"}} {
		options.Command = command
		_, err = pluginserver.Ensure(t.Context(), event, options)
		assert.ErrorContains(t, err, "start the plugin server")
	}
}
