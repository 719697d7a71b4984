//go:build unix && !linux

package kafka

import "syscall"

// childAttributes cannot tie the child to its parent's life here: a parent that is killed leaves its children running.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
