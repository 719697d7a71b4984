package clock

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asked makes the test's program one that says what time it is, for each line that it reads.
const asked = "CLOCK_TEST_ASKED"

func TestMain(m *testing.M) {
	if os.Getenv(asked) != "" {
		tell()
		return
	}
	os.Exit(m.Run())
}

// tell says the wall clock in seconds and, by the monotonic one, how many have passed. Others ask for the time without a pause.
func tell() {
	began := time.Now()
	for range 3 {
		go func() {
			for time.Now().Year() > 0 {
			}
		}()
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(time.Now().Unix(), int64(time.Since(began).Seconds()))
	}
}

// process is one that is asked for the time.
type process struct {
	t       *testing.T
	command *exec.Cmd
	in      io.Writer
	out     *bufio.Reader
}

func start(t *testing.T, command *exec.Cmd) *process {
	t.Helper()
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = in.Close()
		assert.NoError(t, command.Wait())
	})
	return &process{t, command, in, bufio.NewReader(out)}
}

// ask gives the numbers of an answer.
func (p *process) ask() (numbers []int64) {
	p.t.Helper()
	_, err := io.WriteString(p.in, "\n")
	require.NoError(p.t, err)
	line, err := p.out.ReadString('\n')
	require.NoError(p.t, err)
	for _, word := range strings.Fields(line) {
		number, err := strconv.ParseInt(word, 10, 64)
		require.NoError(p.t, err)
		numbers = append(numbers, number)
	}
	return numbers
}

func (p *process) set(off time.Duration) {
	p.t.Helper()
	err := Set(p.command.Process.Pid, off)
	if errors.Is(err, ErrUnsupported) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		p.t.Skip(err)
	}
	require.NoError(p.t, err)
}

// requireOff says that each of these times is off by this, as exactly as a busy machine tells.
func requireOff(t *testing.T, off time.Duration, times ...int64) {
	t.Helper()
	for _, one := range times {
		require.WithinDuration(t, time.Now().Add(off), time.Unix(one, 0), 10*time.Minute)
	}
}

const year = 365 * 24 * time.Hour

func TestTheWallClockJumpsAndTheMonotonicOneDoesNot(t *testing.T) {
	t.Parallel()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asked+"=1")
	p := start(t, command)
	for _, off := range []time.Duration{0, 3 * time.Hour, -20 * year, 10 * year, -3 * time.Hour, 0} {
		p.set(off)
		answer := p.ask()
		requireOff(t, off, answer[0])
		assert.Less(t, answer[1], int64(600), "durations are what they are")
	}
}

func TestAProgramInCIsOffToo(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	// The first of these is time, the second gettimeofday.
	p := start(t, exec.Command(bash, "-c", `while read -r; do echo "$EPOCHSECONDS ${EPOCHREALTIME%.*}"; done`))
	requireOff(t, 0, p.ask()...)
	p.set(-5 * year)
	requireOff(t, -5*year, p.ask()...)
	p.set(0)
	requireOff(t, 0, p.ask()...)
}

func TestAProcessThatHasEndedHasNoClock(t *testing.T) {
	t.Parallel()
	command := exec.Command("true")
	require.NoError(t, command.Run())
	require.Error(t, Set(command.Process.Pid, time.Hour))
}

// TestNoSignalIsLost sends signals to a process while its clock is set.
func TestNoSignalIsLost(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	p := start(t, exec.Command(bash, "-c", `n=0; trap 'n=$((n+1)); echo $n' USR1; echo 0; while [ $n -lt 50 ]; do :; done`))
	line, err := p.out.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "0\n", line)
	var both sync.WaitGroup
	both.Go(func() {
		for range 50 {
			if err := Set(p.command.Process.Pid, time.Hour); err != nil {
				return // this is said by another test
			}
		}
	})
	signal := func(number int) {
		require.NoError(t, p.command.Process.Signal(syscall.SIGUSR1))
		line, err := p.out.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintln(number), line)
	}
	for n := range 49 {
		signal(n + 1)
	}
	both.Wait()
	signal(50) // it ends when nobody traces it any more
}
