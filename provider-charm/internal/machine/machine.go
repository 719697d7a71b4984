// Package machine is what the charm changes on a machine that is its own: it installs a Java runtime where there is none
// and makes the account that the services run as. On a file system that is not the machine's (a unit of package jujutest
// has a root directory of its own) it changes nothing.
package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"

	"connectcharms/requirer-lib/hook"
)

// ServiceUser is the account that worker and gateway run as. It has no password, no shell and no home.
const ServiceUser = "kafka-connect"

// javaPackages are tried in order: Ubuntu and Debian have one or the other.
var javaPackages = []string{"openjdk-21-jre-headless", "openjdk-17-jre-headless"}

// IsOwn says whether the unit has the machine: its root is the machine's, and the charm may change it.
func IsOwn(event hook.Event) bool { return event.Root() == "/" && os.Geteuid() == 0 }

// HasJava says whether a Java runtime is there: where JAVA_HOME says, or on PATH.
func HasJava() bool {
	program := "java"
	if home := os.Getenv("JAVA_HOME"); home != "" {
		program = filepath.Join(home, "bin", "java")
	}
	_, err := exec.LookPath(program)
	return err == nil
}

// InstallJava installs a Java runtime by apt.
func InstallJava(ctx context.Context) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("no Java and no apt-get on this machine: install Java 17 or later: %w", err)
	}
	updated := apt(ctx, "update", "-q")
	var tried []error
	for _, pkg := range javaPackages {
		err := apt(ctx, "install", "-y", "-q", "--no-install-recommends", pkg)
		if err == nil {
			return nil
		}
		tried = append(tried, err)
	}
	return errors.Join(append(tried, updated)...)
}

func apt(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, "apt-get", append([]string{"-o", "DPkg::Lock::Timeout=60"}, args...)...)
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w: %s", args[len(args)-1], err, lastLine(out))
	}
	return nil
}

func lastLine(out []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return lines[len(lines)-1]
}

// MakeServiceUser makes the account where it is missing, and gives the id of its group.
func MakeServiceUser(ctx context.Context) (group int, err error) {
	account, err := user.Lookup(ServiceUser)
	var unknown user.UnknownUserError
	if errors.As(err, &unknown) {
		out, failed := exec.CommandContext(ctx, "useradd", "--system", "--user-group", "--no-create-home",
			"--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", ServiceUser).CombinedOutput()
		if failed != nil {
			return 0, fmt.Errorf("make the account %s: %w: %s", ServiceUser, failed, lastLine(out))
		}
		account, err = user.Lookup(ServiceUser)
	}
	if err != nil {
		return 0, fmt.Errorf("find the account %s: %w", ServiceUser, err)
	}
	return strconv.Atoi(account.Gid)
}
