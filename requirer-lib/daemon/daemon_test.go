//go:build linux

package daemon_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
	p := process(t, "exec sleep 600")
	started, err := p.Start()
	require.NoError(t, err)
	assert.True(t, started)
	again := daemon.Process{PIDFile: p.PIDFile, Command: p.Command, Log: p.Log}
	assert.True(t, again.Running(), "a later hook knows it by its pid file alone")
	started, err = again.Start()
	require.NoError(t, err)
	assert.False(t, started)
	require.NoError(t, again.Stop(t.Context(), time.Minute))
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
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, p.Stop(t.Context(), 100*time.Millisecond))
	assert.False(t, p.Running())
}

// What a service manager has started has process groups of its own, and outlives it when it is killed.
func TestWhatAKilledProcessHasLeftIsEndedBeforeItIsStartedAgain(t *testing.T) {
	t.Parallel()
	p := process(t, `set -m; sleep 600 & sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done' & echo "of $$"; wait`)
	_, err := p.Start()
	require.NoError(t, err)
	var log string
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(p.Log)
		log = string(text)
		return strings.Contains(log, "ready") && strings.Contains(log, "of ")
	}, time.Minute, 10*time.Millisecond)
	leader := strings.Fields(log[strings.Index(log, "of "):])[1]
	before := sessionOf(t, leader)
	require.GreaterOrEqual(t, len(before), 3, "the process, and two that it has started")

	pid, err := strconv.Atoi(leader)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return !p.Running() }, time.Minute, 10*time.Millisecond)
	require.NotEmpty(t, sessionOf(t, leader), "they live on")
	started, err := p.Start()
	require.NoError(t, err)
	assert.True(t, started)
	assert.Empty(t, sessionOf(t, leader))
}

// sessionOf are the living processes of a session.
func sessionOf(t *testing.T, leader string) (pids []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	for _, path := range all {
		stat, _ := os.ReadFile(path)
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) > 3 && fields[3] == leader && fields[0] != "Z" && fields[0] != "X" {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}

func TestAReusedNumberIsNotTheProcess(t *testing.T) {
	t.Parallel()
	p := process(t, "exec sleep 600")
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
	p := process(t, "env; exec sleep 600")
	_, err := p.Start()
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		log, _ := os.ReadFile(p.Log)
		return strings.Contains(string(log), "PATH=/usr/bin:/bin")
	}, time.Minute, 10*time.Millisecond)
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
