package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"connectcharms/requirer-lib/connecttest"
)

// person is somebody at a terminal that the program runs in.
type person struct {
	*testing.T
	terminal *os.File // the side of who types and reads
	command  *exec.Cmd
	ended    chan struct{}

	mu   sync.Mutex
	seen strings.Builder
}

// sit runs a command line in a terminal of its own.
func sit(t *testing.T, environ []string, args ...string) *person {
	t.Helper()
	program, err := built()
	require.NoError(t, err)
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = terminal.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	defer func() { _ = side.Close() }()

	p := &person{T: t, terminal: terminal, ended: make(chan struct{}), command: exec.CommandContext(t.Context(), program, args...)}
	p.command.Stdin, p.command.Stdout, p.command.Stderr = side, side, side
	p.command.Env = append([]string{"HOME=" + t.TempDir(), "TERM=xterm"}, environ...)
	p.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, p.command.Start())
	go p.read()
	return p
}

// read ends when nobody has the other side open any more.
func (p *person) read() {
	defer close(p.ended)
	text := make([]byte, 4096)
	for {
		n, err := p.terminal.Read(text)
		p.mu.Lock()
		p.seen.Write(text[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *person) sees() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// answers waits for a question, and types. What is typed to one for a secret is not to be shown: the terminal is told so after the question.
func (p *person) answers(question, typed string) {
	p.Helper()
	isSecret := strings.HasPrefix(question, "Password")
	require.Eventually(p, func() bool {
		return strings.HasSuffix(p.sees(), question) && !(isSecret && p.isShown())
	}, time.Minute, 10*time.Millisecond, "%s", question)
	_, err := p.terminal.WriteString(typed)
	require.NoError(p, err)
}

// isShown says whether the terminal shows what is typed.
func (p *person) isShown() bool {
	p.Helper()
	modes, err := unix.IoctlGetTermios(int(p.terminal.Fd()), unix.TCGETS)
	require.NoError(p, err)
	return modes.Lflag&unix.ECHO != 0
}

// end gives the exit code, and all that was seen.
func (p *person) end() (code int, seen string) {
	p.Helper()
	_ = p.command.Wait()
	<-p.ended
	return p.command.ProcessState.ExitCode(), p.sees()
}

const interrupt = "\x03"

func TestAPersonAtATerminalIsAsked(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	server.SetPassword("manager", "hunter2")
	environ := []string{"CONNECT_ENDPOINTS=" + server.URL(), "CONNECT_USERNAME=manager"}

	p := sit(t, environ, "list")
	p.answers("Password of manager on default: ", "hunter2\n")
	code, seen := p.end()
	assert.Equal(t, 0, code, seen)
	assert.NotContains(t, seen, "hunter2", "what is typed is not shown")

	p = sit(t, environ, "list")
	p.answers("Password of manager on default: ", interrupt)
	code, seen = p.end()
	assert.Equal(t, 130, code, seen)
	assert.Contains(t, seen, "connect-manager: interrupted")

	environ = append(environ, "CONNECT_PASSWORD_FILE="+passwordFile(t))
	for typed, result := range map[string]int{"n\n": 3, "\n": 3, interrupt: 130} {
		p = sit(t, environ, "offsets", "reset", "lines")
		p.answers("Forget all offsets of lines on default? [y/N] ", typed)
		code, seen = p.end()
		assert.Equal(t, result, code, seen)
	}
	assert.Empty(t, server.TakeWrites())
}

func passwordFile(t *testing.T) string {
	t.Helper()
	path := t.TempDir() + "/password"
	require.NoError(t, os.WriteFile(path, []byte("hunter2\n"), 0o600))
	return path
}
