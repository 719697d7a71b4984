// Package clock sets the wall clock of a running process, as somebody does who corrects the clock of a machine: it jumps in mid-run,
// forwards or back, and what measures durations, the monotonic clock, does not. Other processes keep theirs.
//
// Programs ask the vDSO for the time, a small library that the kernel puts into each process. Here that of one process is rewritten, by
// ptrace, so that it asks the kernel and adds seconds. So it takes programs in Go as well as Java, and needs no preparation of theirs. It
// needs Linux on amd64, and the right to trace the process: root, or a process of one's own where kernel.yama.ptrace_scope is 0.
//
// What the kernel does by itself goes by the true clock: the times of files, and waits until a point of time.
package clock

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ErrUnsupported is what Set returns on other systems than Linux on amd64.
var ErrUnsupported = errors.New("the clock of a process can be set on Linux on amd64 alone")

// Set has the wall clock of a process be off the true one from now on, by whole seconds. Those that it forks, and that run no other
// program, are off as well. Zero sets it right.
func Set(pid int, off time.Duration) error {
	if err := set(pid, int64(off/time.Second)); err != nil {
		return fmt.Errorf("set the clock of process %d: %w", pid, err)
	}
	return nil
}

// library is the vDSO of a process: where it is, and its functions there.
type library struct {
	begin, end uint64
	functions  map[string]elf.Symbol
}

func findLibrary(pid int, memory *os.File) (found library, err error) {
	maps, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/maps")
	if err != nil {
		return found, err
	}
	for line := range strings.Lines(string(maps)) {
		if !strings.HasSuffix(strings.TrimSpace(line), "[vdso]") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%x-%x", &found.begin, &found.end); err != nil {
			return found, fmt.Errorf("read its memory map: %w", err)
		}
		return found, found.read(memory)
	}
	return found, errors.New("it has no vDSO")
}

func (l *library) read(memory *os.File) error {
	image := make([]byte, l.end-l.begin)
	if _, err := memory.ReadAt(image, int64(l.begin)); err != nil {
		return fmt.Errorf("read its vDSO: %w", err)
	}
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return fmt.Errorf("read its vDSO: %w", err)
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("read its vDSO: %w", err)
	}
	l.functions = map[string]elf.Symbol{}
	for _, symbol := range symbols {
		l.functions[symbol.Name] = symbol
	}
	return nil
}
