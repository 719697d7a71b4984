package jujutest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"connectcharms/requirer-lib/hook"
)

// HookRun is one run of one hook or action.
type HookRun struct {
	Unit    string
	Name    string // such as "install", "database-relation-changed" or "juju-exec"
	Path    string // such as "hooks/install" or "actions/backup"; of juju-exec empty
	Attempt int    // 1 for the first
	Env     []string
	Skipped bool   // the charm has nothing to run for it
	Exit    int    // the process's exit code; 1 when a function returned an error. That of juju-exec's commands is no failure
	Err     string // why the hook failed; empty when it did not
	Output  string // the end of what it printed, at most 64 KiB

	Started                time.Time
	Duration, User, System time.Duration // of the process and what it waited for; a function has only a duration
	Tools                  []string      // the hook tools that it ran, in their order
}

// rebootPriority is what juju-reboot asked for.
type rebootPriority int

const (
	rebootNot rebootPriority = iota
	rebootAfter
	rebootNow
)

// outcome is what came of running a charm once.
type outcome struct {
	err            error
	exit           int
	skipped        bool
	stdout, stderr string
	user, system   time.Duration
}

// runHook runs a unit's hook and notes the result. The unit is busy meanwhile; call it without the model's mutex.
func (m *Model) runHook(ctx context.Context, u *unit, info hookInfo) {
	switch info.kind {
	case kindGone:
	case kindReplaced:
		m.replacePod(u)
	default:
		m.runCharm(ctx, u, info)
	}
	m.mu.Lock()
	gone := u.removed
	if gone {
		m.forget(u)
	}
	m.mu.Unlock()
	if gone {
		if err := u.discard(); err != nil {
			m.log.Error("a removed unit left something behind", "unit", u.name, "error", err)
		}
	}
}

// runCharm is one attempt at a hook.
func (m *Model) runCharm(ctx context.Context, u *unit, info hookInfo) {
	prepared := m.prepare(u, info)
	m.mu.Lock()
	configured := u.configHash()
	c := m.newContext(u, info)
	m.beforeHook(u, info)
	env := c.environment()
	charm, timeout := u.app.charm, m.options.HookTimeout
	u.context = c
	limited, end := context.WithCancelCause(ctx)
	c.interrupt = end
	m.mu.Unlock()

	run := HookRun{Unit: u.name, Name: info.name(), Path: info.dispatchPath(), Env: env, Started: time.Now()}
	result := outcome{err: prepared, exit: 1}
	if prepared == nil {
		limited, cancel := context.WithTimeoutCause(limited, timeout, fmt.Errorf("it ran longer than %v", timeout))
		stop := context.AfterFunc(m.life, func() { end(context.Cause(m.life)) })
		result = charm.run(limited, c, env)
		stop()
		cancel()
	}
	end(nil)
	run.Duration, run.User, run.System = time.Since(run.Started), result.user, result.system

	m.mu.Lock()
	defer m.mu.Unlock()
	c.done = true
	u.context = nil
	requeue := c.reboot == rebootNow
	if result.err == nil && !requeue {
		if result.err = c.flush(); result.err != nil {
			result.exit = 1
		}
	}
	run.Attempt, run.Exit, run.Skipped = u.failures+1, result.exit, result.skipped
	run.Tools = c.tools
	run.Output = tail(result.stdout + result.stderr)
	if requeue {
		result.err = nil
	}
	if result.err != nil {
		run.Err = result.err.Error()
	}
	m.hooks = append(m.hooks, run)
	m.ran++
	u.agent = newStatus("idle", "")
	switch {
	case info.kind == kindAction:
		info.action.finish(c, result)
	case info.kind == kindExec:
		u.finishExec(info.exec, result)
	case result.err != nil:
		m.log.Warn("hook failed", "unit", u.name, "hook", run.Name, "attempt", run.Attempt, "error", run.Err)
		u.failed, u.failures = &info, u.failures+1
	case requeue:
		u.failed = &info // runs again, as after the machine's restart
	default:
		m.log.Debug("hook done", "unit", u.name, "hook", run.Name, "took", run.Duration)
		u.failed, u.failures = nil, 0
		if info.kind == kindConfigChanged {
			u.configured = configured
		}
		m.afterHook(u, info, c)
		m.commit(u, info)
	}
}

// prepare does what must be done outside the charm before its hook.
func (m *Model) prepare(u *unit, info hookInfo) error {
	switch info.kind {
	case kindStop:
		m.mu.Lock()
		ends := u.replacing && !u.dying
		m.mu.Unlock()
		if ends {
			return m.endContainers(u)
		}
	case kindUpgradeCharm:
		m.mu.Lock()
		charm, version := u.app.charm, u.app.version
		m.mu.Unlock()
		if err := u.unpackCharm(charm); err != nil {
			return err
		}
		m.mu.Lock()
		u.deployed = version
		m.mu.Unlock()
	case kindStorageAttached:
		m.mu.Lock()
		s := m.storage[info.storage]
		m.mu.Unlock()
		if s != nil {
			return s.make()
		}
	}
	return nil
}

// beforeHook sets the statuses that Juju sets before a hook.
func (m *Model) beforeHook(u *unit, info hookInfo) {
	switch info.kind {
	case kindInstall:
		if !u.statusSet {
			u.workload = newStatus("maintenance", "installing charm software")
		}
	case kindStop:
		u.workload = newStatus("maintenance", "stopping charm software")
	case kindRemove:
		u.workload = newStatus("maintenance", "cleaning up prior to charm deletion")
	}
	if info.kind != kindUpdateStatus {
		u.agent = newStatus("executing", "running "+info.name()+" hook")
	}
}

// afterHook sets the statuses that Juju sets after a hook that succeeded.
func (m *Model) afterHook(u *unit, info hookInfo, c *hookContext) {
	u.statusSet = u.statusSet || c.statusWasSet
	switch info.kind {
	case kindStop:
		u.workload = newStatus("maintenance", "")
	case kindRemove:
		u.workload = newStatus("terminated", "")
	case kindStart:
		if !u.statusSet {
			u.workload = newStatus("unknown", "")
		}
	}
}

// run runs the charm's code once.
func (charm Charm) run(ctx context.Context, c *hookContext, env []string) outcome {
	if c.info.kind == kindExec {
		return runCommands(ctx, c, env)
	}
	if charm.fn != nil {
		return charm.runFunction(ctx, c, env)
	}
	script := filepath.Join(c.unit.charmDir, "dispatch")
	if !isExecutable(script) {
		if script = filepath.Join(c.unit.charmDir, c.info.dispatchPath()); !isExecutable(script) {
			return outcome{skipped: true}
		}
	}
	return runProcess(ctx, c, process{path: script}, env)
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// runFunction calls a charm that is a function; a panic fails the hook.
func (charm Charm) runFunction(ctx context.Context, c *hookContext, env []string) outcome {
	h, err := hook.New(env, contextRunner{c})
	if err != nil {
		return failedWith(err)
	}
	result := outcome{exit: 1, err: errGoexit}
	ended := make(chan struct{})
	go func() { // of its own, since a failed require ends the goroutine that it is called in
		defer close(ended)
		defer func() {
			if problem := recover(); problem != nil {
				result = outcome{exit: 2, err: fmt.Errorf("panic: %v", problem), stderr: string(debug.Stack())}
			}
		}()
		result = failedWith(charm.fn(context.WithValue(ctx, toolKey{}, contextRunner{c}), h))
	}()
	<-ended
	if cause := context.Cause(ctx); result.err == nil && cause != nil {
		return failedWith(cause)
	}
	return result
}

var errGoexit = errors.New("the charm's function ended its goroutine, as a failed require does: return an error there, or use assert")

func failedWith(err error) outcome {
	if err == nil {
		return outcome{}
	}
	return outcome{exit: 1, err: err, stderr: err.Error() + "\n"}
}

// process is a program that runs in a hook.
type process struct {
	path  string
	args  []string
	stdin string
}

// runProcess runs a charm's program. Its process group is killed when the context ends.
func runProcess(ctx context.Context, c *hookContext, program process, env []string) outcome {
	out, err := c.openOutput()
	if err != nil {
		return outcome{exit: 1, err: err}
	}
	defer out.close()
	command := exec.Command(program.path, program.args...)
	command.Dir, command.Env = c.unit.charmDir, env
	command.Stdout, command.Stderr = out.stdout, out.stderr
	if program.stdin != "" {
		command.Stdin = strings.NewReader(program.stdin)
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return outcome{exit: 1, err: fmt.Errorf("start %s: %w", program.path, err)}
	}
	kill := func() { syscall.Kill(-command.Process.Pid, syscall.SIGKILL) } // it may have ended
	c.model.mu.Lock()
	c.kill = kill
	c.model.mu.Unlock()
	stop := context.AfterFunc(ctx, kill)
	err = command.Wait()
	stop()
	result := outcome{
		exit: command.ProcessState.ExitCode(), stdout: readFrom(out.stdout, out.from),
		user: command.ProcessState.UserTime(), system: command.ProcessState.SystemTime(),
	}
	if out.stderr != out.stdout {
		result.stderr = readFrom(out.stderr, 0)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = errors.Join(cause, err)
	}
	result.err = err
	return result
}

// output is where a process prints to: files, which a daemon that it leaves behind keeps open without harm. A hook prints
// into the unit's log, an action or juju-exec into two files of its own.
type output struct {
	stdout, stderr *os.File
	from           int64 // where this process's part of stdout begins
	close          func()
}

func (c *hookContext) openOutput() (output, error) {
	if c.info.kind != kindAction && c.info.kind != kindExec {
		log, err := os.OpenFile(c.unit.logPath(), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
		if err != nil {
			return output{}, fmt.Errorf("open the unit's log: %w", err)
		}
		from, err := log.Seek(0, io.SeekEnd)
		return output{stdout: log, stderr: log, from: from, close: func() { log.Close() }}, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(c.unit.logPath()), "action-")
	if err != nil {
		return output{}, fmt.Errorf("make a directory for the output: %w", err)
	}
	stdout, err := os.Create(filepath.Join(dir, "stdout"))
	if err != nil {
		return output{}, fmt.Errorf("open the standard output: %w", err)
	}
	stderr, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		stdout.Close()
		return output{}, fmt.Errorf("open the standard error: %w", err)
	}
	return output{stdout: stdout, stderr: stderr, close: func() {
		stdout.Close()
		stderr.Close()
		os.RemoveAll(dir) // it goes with the unit
	}}, nil
}

const tailSize = 64 << 10

// readFrom reads a file from an offset on, the end of it when that is long.
func readFrom(file *os.File, offset int64) string {
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	offset = max(offset, info.Size()-tailSize)
	text := make([]byte, max(0, info.Size()-offset))
	n, _ := file.ReadAt(text, offset) // what was printed is only told to people
	return string(text[:n])
}

// logLine writes a line of juju-log into the unit's log, in the form of Juju's agent.
func (c *hookContext) logLine(level, message string) {
	c.model.log.Debug(message, "unit", c.unit.name, "hook", c.info.name(), "level", level)
	file, err := os.OpenFile(c.unit.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return // a unit's log is only told to people
	}
	defer file.Close()
	fmt.Fprintf(file, "%s %s unit.%s.juju-log %s\n", time.Now().UTC().Format(time.DateTime), level, c.unit.name, message)
}

func tail(text string) string { return text[max(0, len(text)-tailSize):] }

// lastLines are the last lines of a text, for an error message.
func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
