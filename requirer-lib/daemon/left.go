//go:build linux

package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// leftGrace is what processes have to end that were left behind.
	leftGrace = 5 * time.Second
	// killGrace is what the system has to end what it was told to kill: that may have much memory, and the system much to do.
	killGrace = 30 * time.Second
)

// endLeft ends what a process has left that died without ending what it had started, as a killed Pebble does with its services:
// those that it is to start again would meet them, on one port or one file.
func (p Process) endLeft() error {
	for _, way := range []struct {
		signal syscall.Signal
		grace  time.Duration
	}{{syscall.SIGTERM, leftGrace}, {syscall.SIGKILL, killGrace}} {
		for _, pid := range p.left() {
			_ = syscall.Kill(pid, way.signal) // it may have ended
		}
		if p.leftAreGone(way.grace) {
			return nil
		}
	}
	return fmt.Errorf("processes %v, left by an earlier %s, do not end", p.left(), p.Command[0])
}

// leftAreGone waits until they have ended. It looks once more when the time is up: this process may have stood still.
func (p Process) leftAreGone(limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for ; len(p.left()) > 0; time.Sleep(20 * time.Millisecond) { // none is a child, whose end one could wait for
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// left lists the living processes of a session the leader of which has died: Start has made the process the leader of one. As long as
// one of them lives, the system gives its number to no other process.
func (p Process) left() (pids []int) {
	text, _ := os.ReadFile(p.PIDFile)
	number, birth, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	leader, err := strconv.Atoi(number)
	if err != nil || leader <= 1 || !strings.HasSuffix(birth, "@"+boot()) {
		return nil
	}
	if _, taken := birthOf(leader); taken {
		return nil
	}
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right
	for _, dir := range all {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if fields := statOf(pid); err == nil && fields != nil && fields[sessionField] == number {
			pids = append(pids, pid)
		}
	}
	return pids
}
