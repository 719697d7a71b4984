package jujutest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopGrace is how long processes may take to stop by themselves.
const stopGrace = 3 * time.Second

// killBelow stops every process that belongs to dir: it runs a program below it, works in it, or has a path below it among
// its environment or arguments; and all children of such processes. That finds daemons that have cut every tie with the
// hook that started them, because a hook's environment is full of paths of its unit. It asks first and kills after grace.
func killBelow(dir string, grace time.Duration) error {
	asked := map[int]bool{}
	start := time.Now()
	for {
		found := processesBelow(dir)
		if len(found) == 0 {
			return nil
		}
		waited := time.Since(start)
		if waited > 2*grace+time.Second {
			return fmt.Errorf("stop the processes below %s: %v do not end", dir, found)
		}
		for _, pid := range found {
			if waited >= grace {
				syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
			} else if !asked[pid] {
				asked[pid] = true
				syscall.Kill(pid, syscall.SIGTERM) //nolint:errcheck // it may have ended
			}
		}
		time.Sleep(5 * time.Millisecond) // there is no event for the end of a process that is not a child
	}
}

// processesBelow lists the living processes of dir, never this process itself.
func processesBelow(dir string) []int {
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	parents, marked := map[int]int{}, map[int]bool{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(filepath.Base(entry))
		if err != nil {
			continue
		}
		parent, alive := parentOf(entry)
		if !alive {
			continue
		}
		parents[pid] = parent
		marked[pid] = pid != os.Getpid() && isBelow(entry, dir)
	}
	for at := os.Getpid(); at > 0; at = parents[at] {
		delete(marked, at) // who started this test stays
	}
	var found []int
	for pid := range parents {
		for at, known := pid, true; known; at, known = parents[at], has(parents, at) {
			if marked[at] {
				found = append(found, pid)
				break
			}
		}
	}
	return found
}

func has(m map[int]int, key int) bool {
	_, ok := m[key]
	return ok
}

// parentOf reads a process's parent; zombies do not count as alive.
func parentOf(proc string) (parent int, alive bool) {
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(string(stat[max(0, bytes.LastIndexByte(stat, ')')):]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 2 || fields[0] == "Z" || fields[0] == "X" {
		return 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return parent, err == nil
}

// isBelow says whether a process shows a path in dir.
func isBelow(proc, dir string) bool {
	for _, link := range []string{"exe", "cwd"} {
		target, err := os.Readlink(filepath.Join(proc, link))
		if err == nil && (target == dir || strings.HasPrefix(target, dir+"/")) {
			return true
		}
	}
	for _, file := range []string{"environ", "cmdline"} {
		text, err := os.ReadFile(filepath.Join(proc, file))
		if err == nil && bytes.Contains(append(text, 0), []byte(dir+"/")) {
			return true
		}
	}
	return false
}
