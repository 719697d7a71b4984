package kafka

import "syscall"

// childAttributes have the kernel kill the child when its parent is gone, however that ended.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
