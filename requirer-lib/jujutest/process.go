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

const (
	// stopGrace is how long processes may take to stop by themselves.
	stopGrace = 3 * time.Second
	// killGrace is how long the system may take to end what it was told to kill: that may have much memory, and the system much to do.
	killGrace = time.Minute
)

// killBelow stops every process that belongs to dir: it runs a program below it, works in it, or has a path below it among
// its environment or arguments; and all children of such processes. That finds daemons that have cut every tie with the
// hook that started them, because a hook's environment is full of paths of its unit. It asks first and kills after grace.
//
// Only processes that started after the moment since are looked at, which spares most of a look at a busy machine.
func killBelow(dir string, since ticks, grace time.Duration) error {
	asked := map[int]bool{}
	start := time.Now()
	for {
		found := processesBelow(dir, since)
		if len(found) == 0 {
			return nil
		}
		waited := time.Since(start)
		if waited > grace+killGrace {
			return fmt.Errorf("stop the processes below %s: %v do not end", dir, found)
		}
		for _, pid := range found {
			if waited >= grace {
				syscall.Kill(pid, syscall.SIGKILL) // it may have ended
			} else if !asked[pid] {
				asked[pid] = true
				syscall.Kill(pid, syscall.SIGTERM) // it may have ended
			}
		}
		time.Sleep(5 * time.Millisecond) // there is no event for the end of a process that is not a child
	}
}

// ticks is a point in time as Linux counts it in /proc/PID/stat: hundredths of a second since the machine started.
type ticks int64

// now is the present in ticks, a little before it to be on the safe side; 0, which is before everything, when unknown.
func now() ticks {
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	var seconds float64
	if _, err := fmt.Sscan(string(text), &seconds); err != nil {
		return 0
	}
	return ticks(seconds*100) - 100
}

// processesBelow lists the living processes of dir, never this process itself or who started it.
func processesBelow(dir string, since ticks) []int {
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
		parent, started, alive := readStat(entry)
		if !alive {
			continue
		}
		parents[pid] = parent
		marked[pid] = started >= since && pid != os.Getpid() && isBelow(entry, dir)
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

// readStat reads a process's parent and when it started; zombies do not count as alive.
func readStat(proc string) (parent int, started ticks, alive bool) {
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return 0, 0, false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the state on, which is field 3
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	if err != nil {
		return 0, 0, false
	}
	at, err := strconv.ParseInt(fields[19], 10, 64)
	return parent, ticks(at), err == nil
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
