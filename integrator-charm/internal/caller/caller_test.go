package caller_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/caller"
)

// called is a caller that runs a shell script in a directory of the test's own.
func called(t *testing.T, script string) (c *caller.Caller, dir string, end func()) {
	t.Helper()
	return calledFor(t, caller.Longest, script)
}

func calledFor(t *testing.T, longest time.Duration, script string) (c *caller.Caller, dir string, end func()) {
	t.Helper()
	dir = t.TempDir()
	c = caller.New(longest, func(int) time.Duration { return time.Millisecond }, slog.New(slog.DiscardHandler))
	c.Set([]string{"/bin/sh", "-c", "cd '" + dir + "'; " + script})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		c.Run(ctx)
		close(ended)
	}()
	end = func() {
		cancel()
		<-ended
	}
	t.Cleanup(end)
	return c, dir, end
}

// runs counts the lines that the script has written.
func runs(dir string) int {
	text, _ := os.ReadFile(filepath.Join(dir, "ran"))
	return strings.Count(string(text), "\n")
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, time.Minute, 5*time.Millisecond)
}

func exists(path string) func() bool {
	return func() bool {
		_, err := os.Stat(path)
		return err == nil
	}
}

func TestCallsThatComeWhileTheCommandRunsAreOneMore(t *testing.T) {
	t.Parallel()
	c, dir, end := called(t, "echo >> ran; until [ -e go ]; do sleep 0.01; done")
	c.Call()
	eventually(t, func() bool { return runs(dir) == 1 })
	for range 100 {
		c.Call()
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go"), nil, 0o600))
	eventually(t, func() bool { return runs(dir) == 2 })
	end()
	assert.Equal(t, 2, runs(dir))
}

func TestACommandThatFailsIsRunAgain(t *testing.T) {
	t.Parallel()
	c, dir, _ := called(t, "echo >> ran; [ $(wc -l < ran) -ge 3 ] && touch done")
	c.Call()
	eventually(t, exists(filepath.Join(dir, "done")))
}

func TestACommandThatHangsIsKilledAndRunAgain(t *testing.T) {
	t.Parallel()
	c, dir, _ := calledFor(t, time.Second, "echo >> ran; sleep 1000")
	c.Call()
	eventually(t, func() bool { return runs(dir) > 1 })
}

func TestTheCommandEndsWithItsOwnerAndAllThatItStarted(t *testing.T) {
	t.Parallel()
	c, dir, end := called(t, "sh -c 'touch ran; exec sleep 600'; touch survived")
	c.Call()
	eventually(t, exists(filepath.Join(dir, "ran")))
	end()
	assert.NoFileExists(t, filepath.Join(dir, "survived"))
}

func TestTheCommandSeesLittleOfTheEnvironment(t *testing.T) { //nolint:paralleltest // it sets the environment
	t.Setenv("JUJU_CONTEXT_ID", "of a hook")
	t.Setenv("SOURCE_GITHUB_TOKEN_FILE", "/secret")
	c, dir, _ := called(t, "env > env; touch done")
	c.Call()
	eventually(t, exists(filepath.Join(dir, "done")))
	text, err := os.ReadFile(filepath.Join(dir, "env"))
	require.NoError(t, err)
	assert.NotContains(t, string(text), "JUJU_CONTEXT_ID", "juju-exec refuses to run there")
	assert.NotContains(t, string(text), "SOURCE_")
	assert.Contains(t, string(text), "PATH=")
}

func TestWithoutACommandNothingIsRun(t *testing.T) {
	t.Parallel()
	c := caller.New(caller.Longest, caller.Doubling, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	c.Call()
	cancel()
	c.Run(ctx)
}

func TestPausesDoubleUpToFiveMinutes(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1000: 5 * time.Minute} {
		assert.Equal(t, want, caller.Doubling(failures))
	}
}
