package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// startLimit is how long a broker or worker may take to answer, where the caller's context sets no deadline: some seconds, and
	// minutes where several start on a machine that is busy.
	startLimit = 5 * time.Minute
	// readyPoll is how often a starting process is asked whether it is ready.
	readyPoll = 50 * time.Millisecond
	// stopLimit is how long a process has after SIGTERM. A healthy worker takes 2 to 3 s; one that hangs never ends by itself.
	stopLimit = 15 * time.Second
)

// errPortTaken says that a process ended because its port was in use.
var errPortTaken = errors.New("the port is in use")

// Process is one JVM that runs in the background. It ends at Stop or Kill, and is killed when the process that started it ends in
// any way. It has a process group of its own: Ctrl-C in a terminal reaches only the process that started it, which can then stop it.
// Its methods may be called from any goroutine.
type Process struct {
	name    string
	command *exec.Cmd
	output  *output
	// patience is how long the process has after SIGTERM.
	patience time.Duration
	// ended is closed when the process is gone, after which err says how.
	ended chan struct{}
	err   error
}

// Start runs another program in the background, as brokers and workers run, and returns when ready succeeds. The context bounds
// the start only (5 min, where it has no deadline).
func Start(ctx context.Context, name string, command *exec.Cmd, log io.Writer, ready func(context.Context) error) (*Process, error) {
	process, err := startProcess(name, command, log)
	if err != nil {
		return nil, err
	}
	return process, process.waitUntil(ctx, ready)
}

// startProcess runs a script of the distribution, which becomes the JVM.
func startProcess(name string, command *exec.Cmd, log io.Writer) (*Process, error) {
	process := &Process{name: name, command: command, output: newOutput(log), patience: stopLimit, ended: make(chan struct{})}
	command.Stdout, command.Stderr = process.output, process.output
	command.SysProcAttr = childAttributes()
	command.WaitDelay = 2 * time.Second
	started := make(chan error)
	go process.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return process, nil
}

// run holds its operating system thread until the process has ended: the kernel kills the child when the thread that started it ends,
// not the process, and Go ends threads when it likes.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.command.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.command.Wait()
	close(p.ended)
}

// PID is the process id of the JVM.
func (p *Process) PID() int { return p.command.Process.Pid }

// Ended is closed when the process is gone, whoever ended it.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Stop asks the process to end, with SIGTERM, and waits for that. A process that has not ended after 15 s is killed, and its log says
// so: workers are known to hang when they are stopped right after their start. Stopping a process that is paused, or has ended, works.
func (p *Process) Stop() error {
	// A paused process does not see SIGTERM before it goes on.
	if err := errors.Join(p.signal(syscall.SIGTERM), p.signal(syscall.SIGCONT)); err != nil {
		return err
	}
	limit := time.NewTimer(p.patience)
	defer limit.Stop()
	select {
	case <-p.ended:
		return nil
	case <-limit.C:
		fmt.Fprintf(p.output, "%s did not end within %s of SIGTERM and is killed\n", p.name, p.patience)
		return p.Kill()
	}
}

// Kill ends the process with SIGKILL, as a power cut would, and waits until it is gone.
func (p *Process) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.ended
	return nil
}

// Pause stops the process from running, with SIGSTOP: it keeps its memory and its connections and answers nobody, until Resume.
func (p *Process) Pause() error { return p.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.signal(syscall.SIGCONT) }

func (p *Process) signal(signal syscall.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s to %s: %w", signal, p.name, err)
	}
	return nil
}

// waitUntil returns when ask succeeds. When the process ends first, or the time is over, it kills what is left and says what the
// process printed last.
func (p *Process) waitUntil(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := withStartLimit(ctx)
	defer cancel()
	ticker := time.NewTicker(readyPoll)
	defer ticker.Stop()
	asked := errors.New("it was not asked yet")
	for {
		select {
		case <-p.ended:
			return p.endedEarly()
		case <-ctx.Done():
			failed := fmt.Errorf("%s did not become ready: %w (last answer: %w), last output:\n%s", p.name, ctx.Err(), asked, p.output.tail())
			return errors.Join(failed, p.Kill())
		case <-ticker.C:
			if asked = ask(ctx); asked == nil {
				return nil
			}
		}
	}
}

func (p *Process) endedEarly() error {
	if p.output.contains("Address already in use") || p.output.contains("java.net.BindException") {
		return fmt.Errorf("%s ended before it was ready: %w, last output:\n%s", p.name, errPortTaken, p.output.tail())
	}
	return fmt.Errorf("%s ended before it was ready: %w, last output:\n%s", p.name, exitError(p.err), p.output.tail())
}

func exitError(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

func withStartLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, startLimit)
}

// prepare sees that a process can run in dir, makes dir where it is missing, and returns its absolute path.
func prepare(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no Dir is named: give a directory for its configuration and data")
	}
	if err := findJava(); err != nil {
		return "", err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// command is a script of the distribution with a small heap, and no trace outside dir.
func command(runtime *Runtime, dir, heap, script string, arguments ...string) *exec.Cmd {
	command := exec.Command(runtime.script(script), arguments...)
	command.Dir = dir
	command.Env = append(inherited("PATH", "HOME", "JAVA_HOME", "LANG"),
		"KAFKA_HEAP_OPTS=-Xmx"+heap,
		"KAFKA_OPTS="+temporaryHere,
	)
	return command
}

// temporaryHere is where the native libraries of the compression codecs are unpacked to: the process' own directory.
const temporaryHere = "-Djava.io.tmpdir=."

// giveProperties adds properties of the JVM, which have no blanks in them.
func giveProperties(command *exec.Cmd, properties map[string]string) {
	options := temporaryHere
	for _, name := range sortedKeys(properties) {
		options += " -D" + name + "=" + properties[name]
	}
	command.Env = append(command.Env, "KAFKA_OPTS="+options)
}

// inherited takes only the named variables over, so that a person's own KAFKA_OPTS or CLASSPATH does not change what is tested.
func inherited(names ...string) []string {
	var environment []string
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

// properties writes a Java properties file that only its owner can read: a configuration may hold passwords.
func properties(path string, settings map[string]string) error {
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	var text strings.Builder
	for _, name := range sortedKeys(settings) {
		fmt.Fprintf(&text, "%s=%s\n", name, escape.Replace(settings[name]))
	}
	return os.WriteFile(path, []byte(text.String()), 0o600)
}
