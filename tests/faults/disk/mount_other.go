//go:build !linux

package disk

import (
	"errors"
	"syscall"
)

// Elsewhere than on Linux nothing is mounted, and tests that want a disk are skipped: a program with these attributes does not start.
func alone() *syscall.SysProcAttr { return &syscall.SysProcAttr{Chroot: "/nonexistent"} }

func keepMounts() error { return errors.ErrUnsupported }

func mount(string, int64) error { return errors.ErrUnsupported }

func unmount(string) error { return errors.ErrUnsupported }

func room(string) (int64, error) { return 0, errors.ErrUnsupported }
