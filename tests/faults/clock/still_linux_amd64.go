package clock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a process may take until none of its threads is in the vDSO: they never stay for long.
const patience = time.Minute

func set(pid int, seconds int64) error {
	memory, err := os.OpenFile("/proc/"+strconv.Itoa(pid)+"/mem", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	found, err := findLibrary(pid, memory)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // who traces is a thread; it ends with the goroutine
		for deadline := time.Now().Add(patience); ; {
			is, err := attempt(pid, found, memory, seconds)
			if is || err != nil || time.Now().After(deadline) {
				if !is && err == nil {
					err = errors.New("it is always in the midst of asking for the time")
				}
				done <- err
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return <-done
}

// attempt stops the process for a moment, and rewrites its vDSO if no thread is in it.
func attempt(pid int, found library, memory *os.File, seconds int64) (done bool, err error) {
	threads := map[int]unix.Signal{}
	defer func() {
		for thread, signal := range threads {
			letGo(thread, signal)
		}
	}()
	if err := stop(pid, threads); err != nil {
		return false, err
	}
	for thread := range threads {
		var registers unix.PtraceRegs
		if err := unix.PtraceGetRegs(thread, &registers); err != nil {
			return false, fmt.Errorf("see where thread %d is: %w", thread, err)
		}
		if registers.Rip >= found.begin && registers.Rip < found.end {
			return false, nil
		}
	}
	return true, found.rewrite(memory, seconds)
}

// letGo has a thread go on, with the signal that it was about to get when it was stopped. One that has ended is gone anyway.
func letGo(thread int, signal unix.Signal) {
	_, _, _ = unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_DETACH, uintptr(thread), 0, uintptr(signal), 0, 0)
}

// stop stops all threads, those too that begin meanwhile, and notes them with the signals that they are about to get.
func stop(pid int, threads map[int]unix.Signal) error {
	for {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*", pid))
		if err != nil {
			return err
		}
		before := len(threads)
		for _, task := range tasks {
			thread, err := strconv.Atoi(filepath.Base(task))
			if _, is := threads[thread]; is || err != nil {
				continue
			}
			err = unix.PtraceSeize(thread)
			if errors.Is(err, unix.ESRCH) {
				continue // it has ended
			}
			if err != nil {
				return fmt.Errorf("trace thread %d: %w", thread, err)
			}
			threads[thread] = 0
			if threads[thread], err = interrupt(thread); err != nil {
				return fmt.Errorf("stop thread %d: %w", thread, err)
			}
		}
		if len(threads) == before {
			if before == 0 {
				return os.ErrProcessDone
			}
			return nil
		}
	}
}

// interrupt stops a thread, and says which signal it was about to get.
func interrupt(thread int) (unix.Signal, error) {
	if err := unix.PtraceInterrupt(thread); err != nil {
		return 0, err
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(thread, &status, unix.WALL, nil); err != nil {
		return 0, err
	}
	switch {
	case !status.Stopped():
		return 0, os.ErrProcessDone
	case status>>16 == unix.PTRACE_EVENT_STOP:
		return 0, nil
	}
	return status.StopSignal(), nil
}
