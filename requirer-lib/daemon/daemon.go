//go:build linux

// Package daemon keeps one process of a unit running between its hooks, where no service manager does: it starts the
// process detached from the hook, finds it again from any later hook, and stops it. It restarts nothing by itself: each
// hook calls Start, which does nothing while the process lives.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"connectcharms/requirer-lib/atomicfile"
)

// maxLog is the size in bytes from which a log is started afresh (one older file is kept).
const maxLog = 8 << 20

// Process is a background process. The fields may change between hooks; PIDFile is what it is known by.
type Process struct {
	PIDFile string   // names the process and the moment it was started, so that a reused number is no mistake
	Command []string // absolute path of the program, and its arguments: nothing secret
	Env     []string // the whole environment, as in os.Environ; nothing is inherited from the hook
	Dir     string
	Log     string // standard output and standard error are appended to this file
}

// Running says whether the process lives.
func (p Process) Running() bool {
	_, alive := p.find()
	return alive
}

// Start starts the process unless it lives, and says whether it did. What one before has left that died, it ends first.
func (p Process) Start() (started bool, err error) {
	if p.Running() {
		return false, nil
	}
	if err := p.endLeft(); err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(p.PIDFile), 0o755); err != nil {
		return false, fmt.Errorf("start %s: %w", p.Command[0], err)
	}
	log, err := p.openLog()
	if err != nil {
		return false, fmt.Errorf("start %s: %w", p.Command[0], err)
	}
	defer log.Close()
	command := exec.Command(p.Command[0], p.Command[1:]...)
	command.Env, command.Dir = p.Env, p.Dir
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Juju ends a hook's process group with the hook
	if err := command.Start(); err != nil {
		return false, fmt.Errorf("start %s: %w", p.Command[0], err)
	}
	go func() { _ = command.Wait() }() // no zombie, should this process outlive it
	pid := command.Process.Pid
	birth, alive := birthOf(pid)
	if !alive {
		return false, fmt.Errorf("start %s: it ended at once; see %s", p.Command[0], p.Log)
	}
	return true, atomicfile.Write(p.PIDFile, fmt.Appendf(nil, "%d %s\n", pid, birth), 0o644)
}

// Stop asks the process to end, and ends it by force after grace, and then what it has left. A process that is gone already is no
// error.
func (p Process) Stop(ctx context.Context, grace time.Duration) error {
	pid, alive := p.find()
	if alive {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		if !p.gone(ctx, grace) {
			_ = syscall.Kill(-pid, syscall.SIGKILL) // setsid made it the leader of its group
			if !p.gone(ctx, killGrace) {
				return fmt.Errorf("stop process %d: it is still there after SIGKILL (%w)", pid, errOr(ctx.Err(), context.DeadlineExceeded))
			}
		}
	}
	if err := p.endLeft(); err != nil {
		return err
	}
	if err := os.Remove(p.PIDFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	return nil
}

// gone waits until the process has ended.
func (p Process) gone(ctx context.Context, limit time.Duration) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for p.Running() {
		select {
		case <-tick.C:
		case <-deadline.C:
			return !p.Running() // this process may have stood still
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// find reads the pid file and checks that the process of that number is the one meant.
func (p Process) find() (pid int, alive bool) {
	text, err := os.ReadFile(p.PIDFile)
	if err != nil {
		return 0, false
	}
	number, birth, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	pid, err = strconv.Atoi(number)
	if err != nil || pid <= 1 {
		return 0, false
	}
	now, alive := birthOf(pid)
	return pid, alive && now == birth
}

// birthOf is the process's start time in clock ticks since boot, with the boot's own identity, since ticks begin again at each.
func birthOf(pid int) (birth string, alive bool) {
	fields := statOf(pid)
	if fields == nil {
		return "", false
	}
	return fields[birthField] + "@" + boot(), true
}

func boot() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// Which of the fields of statOf are which: proc_pid_stat(5) has them three further on, for it counts from 1 and has the process's number and name.
const (
	stateField   = 0
	sessionField = 3
	birthField   = 19
)

// statOf is what the system says of a living process, from its state on; nil of one that is gone. A zombie counts as dead.
func statOf(pid int) []string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) <= birthField || fields[stateField] == "Z" || fields[stateField] == "X" {
		return nil
	}
	return fields
}

func (p Process) openLog() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(p.Log), 0o755); err != nil {
		return nil, err
	}
	if info, err := os.Stat(p.Log); err == nil && info.Size() > maxLog {
		if err := os.Rename(p.Log, p.Log+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
}
