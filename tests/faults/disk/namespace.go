package disk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

const (
	inside = "CONNECTCHARMS_MAY_MOUNT"     // set in the namespace
	denied = "CONNECTCHARMS_MAY_NOT_MOUNT" // the reason why there is none
)

// Main is for the TestMain of a package whose tests have disks: it runs them where they may mount, in a namespace of their own, and
// returns the code that the package is to exit with.
//
//	func TestMain(m *testing.M) { os.Exit(disk.Main(m)) }
func Main(m *testing.M) int { return Within(m.Run) }

// Within runs what a package does in its TestMain in a namespace of its own: the program starts once more there, and that one runs it.
func Within(run func() int) int {
	if os.Getenv(inside) != "" {
		if err := keepMounts(); err != nil { // as where a profile of AppArmor takes back what the namespace gives
			_ = os.Setenv(denied, err.Error())
		}
		return run()
	}
	if os.Getenv(denied) != "" {
		return run()
	}
	err := again(alone(), inside+"=1")
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		err = again(&syscall.SysProcAttr{}, denied+"="+err.Error())
	}
	if errors.As(err, &ended) {
		return ended.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "run the tests once more, where they may mount:", err)
		return 1
	}
	return 0
}

// again runs this program once more.
func again(how *syscall.SysProcAttr, set string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.Command(program, os.Args[1:]...) // go test ends it
	command.Env = append(os.Environ(), set)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.SysProcAttr = how
	return command.Run()
}
