//go:build linux

package daemon_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/daemon"
)

func process(t *testing.T, script string) daemon.Process {
	dir := t.TempDir()
	p := daemon.Process{
		PIDFile: filepath.Join(dir, "run", "p.pid"), Log: filepath.Join(dir, "logs", "p.log"), Dir: dir,
		Command: []string{"/bin/sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin"},
	}
	t.Cleanup(func() { assert.NoError(t, p.Stop(context.Background(), time.Second)) })
	return p
}

func TestAProcessIsStartedOnceAndFoundAgain(t *testing.T) {
	t.Parallel()
	p := process(t, "exec sleep 60")
	started, err := p.Start()
	require.NoError(t, err)
	assert.True(t, started)
	again := daemon.Process{PIDFile: p.PIDFile, Command: p.Command, Log: p.Log}
	assert.True(t, again.Running(), "a later hook knows it by its pid file alone")
	started, err = again.Start()
	require.NoError(t, err)
	assert.False(t, started)
	require.NoError(t, again.Stop(t.Context(), 5*time.Second))
	assert.False(t, p.Running())
	assert.NoFileExists(t, p.PIDFile)
}

func TestAProcessThatIgnoresSIGTERMIsKilled(t *testing.T) {
	t.Parallel()
	p := process(t, `trap "" TERM; echo ready; while :; do sleep 1; done`)
	_, err := p.Start()
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		log, _ := os.ReadFile(p.Log)
		return strings.Contains(string(log), "ready")
	}, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, p.Stop(t.Context(), 100*time.Millisecond))
	assert.False(t, p.Running())
}

func TestAReusedNumberIsNotTheProcess(t *testing.T) {
	t.Parallel()
	p := process(t, "exec sleep 60")
	require.NoError(t, os.MkdirAll(filepath.Dir(p.PIDFile), 0o755))
	for _, text := range []string{fmt.Sprintf("%d 1@otherboot\n", os.Getpid()), "1 x\n", "0\n", "-1 x\n", "nonsense", ""} {
		require.NoError(t, os.WriteFile(p.PIDFile, []byte(text), 0o644))
		assert.False(t, p.Running(), "%q", text)
	}
	started, err := p.Start()
	require.NoError(t, err)
	assert.True(t, started)
}

func TestTheEnvironmentIsNotInherited(t *testing.T) {
	t.Setenv("JUJU_CONTEXT_ID", "of-a-hook")
	p := process(t, "env; exec sleep 60")
	_, err := p.Start()
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		log, _ := os.ReadFile(p.Log)
		return strings.Contains(string(log), "PATH=/usr/bin:/bin")
	}, 5*time.Second, 10*time.Millisecond)
	log, err := os.ReadFile(p.Log)
	require.NoError(t, err)
	assert.NotContains(t, string(log), "JUJU_CONTEXT_ID")
}

func TestAProgramThatIsMissingIsAnError(t *testing.T) {
	t.Parallel()
	p := process(t, "")
	p.Command = []string{"/nowhere/program"}
	_, err := p.Start()
	assert.ErrorContains(t, err, "start /nowhere/program")
}
