// Command measure runs a command and writes what it cost as a line of JSON at the end of a file: measure FILE COMMAND [ARGUMENT…].
//
// It is a small program of its own because Linux says of a process that it had at least the memory of the one that started it
// (ru_maxrss, over vfork and exec): of what a benchmark or a test starts itself, it says the memory of that.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func main() {
	code, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(file string, arguments []string) (code int, err error) {
	command := exec.Command(arguments[0], arguments[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	began := time.Now()
	var failed *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &failed) {
		return 0, err
	}
	took := time.Since(began)
	line, err := json.Marshal(map[string]any{
		"unit": os.Getenv("JUJU_UNIT_NAME"), "hook": os.Getenv("JUJU_DISPATCH_PATH"), "wall": took,
		"user": command.ProcessState.UserTime(), "system": command.ProcessState.SystemTime(),
		"memory": command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10,
	})
	if err != nil {
		return 0, err
	}
	out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	_, err = out.Write(append(line, '\n'))
	return command.ProcessState.ExitCode(), errors.Join(err, out.Close())
}
