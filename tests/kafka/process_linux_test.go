package kafka

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parentVariable makes this test binary a process that starts a child, prints its id, and waits to be killed.
const parentVariable = "KAFKA_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) != "" {
		child, err := startProcess("a child", exec.Command("sleep", "600"), nil)
		if err != nil {
			panic(err)
		}
		fmt.Println(child.PID())
		<-child.Ended()
	}
	os.Exit(m.Run())
}

func TestChildDiesWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"=1")
	says, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(says).ReadString('\n')
	require.NoError(t, err)
	child, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	require.True(t, running(child))

	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.Eventually(t, func() bool { return !running(child) }, time.Minute, 10*time.Millisecond)
}

// The kernel ties a child to the thread that started it. A goroutine that ends with its thread locked ends the thread.
func TestChildOutlivesTheGoroutineThatStartedIt(t *testing.T) {
	t.Parallel()
	children := make(chan *Process)
	for range 20 {
		go func() {
			runtime.LockOSThread()
			child, err := startProcess("a child", exec.Command("sleep", "600"), nil)
			assert.NoError(t, err)
			children <- child
		}()
	}
	for range 20 {
		child := <-children
		require.NotNil(t, child)
		select {
		case <-child.Ended():
			assert.Fail(t, "the child ended by itself")
		case <-time.After(10 * time.Millisecond):
		}
		require.NoError(t, child.Stop())
	}
}

func TestStopEndsAProcessThatIsPaused(t *testing.T) {
	t.Parallel()
	child, err := startProcess("a child", exec.Command("sleep", "600"), nil)
	require.NoError(t, err)
	require.NoError(t, child.Pause())
	require.NoError(t, child.Stop())
	require.NoError(t, child.Stop(), "a second time")
	require.NoError(t, child.Kill())
}

func TestStopKillsAProcessThatDoesNotEndAndSaysSoInItsLog(t *testing.T) {
	t.Parallel()
	child, err := startProcess("a child", exec.Command("sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"), nil)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return child.output.contains("deaf") }, time.Minute, 10*time.Millisecond)
	child.patience = 50 * time.Millisecond
	require.NoError(t, child.Stop())
	assert.Equal(t, "deaf\na child did not end within 50ms of SIGTERM and is killed", child.output.tail())
}

func TestProcessHasAGroupOfItsOwn(t *testing.T) {
	t.Parallel()
	child, err := startProcess("a child", exec.Command("sleep", "600"), nil)
	require.NoError(t, err)
	group, err := syscall.Getpgid(child.PID())
	require.NoError(t, err)
	assert.Equal(t, child.PID(), group)
	require.NoError(t, child.Kill())
}

// running is false for a process that is gone, and for one that is dead and waits for its parent to notice.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}
