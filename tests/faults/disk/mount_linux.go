package disk

import (
	"fmt"
	"os"
	"syscall"
)

// sysAdmin is CAP_SYS_ADMIN: who has it in a namespace may mount there.
const sysAdmin = 21

// alone is a mount namespace; for others than root it is one of accounts, too, in which they are who they are, and may mount.
func alone() *syscall.SysProcAttr {
	how := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if user, group := os.Getuid(), os.Getgid(); user != 0 {
		how.Cloneflags |= syscall.CLONE_NEWUSER
		how.UidMappings = []syscall.SysProcIDMap{{ContainerID: user, HostID: user, Size: 1}}
		how.GidMappings = []syscall.SysProcIDMap{{ContainerID: group, HostID: group, Size: 1}}
		how.AmbientCaps = []uintptr{sysAdmin}
	}
	return how
}

// keepMounts keeps those that are made from now on in the namespace.
func keepMounts() error {
	return syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
}

func mount(path string, bytes int64) error {
	return syscall.Mount("small", path, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0755", bytes))
}

func unmount(path string) error { return syscall.Unmount(path, syscall.MNT_DETACH) }

func room(path string) (int64, error) {
	var state syscall.Statfs_t
	err := syscall.Statfs(path, &state)
	return int64(state.Bavail) * state.Bsize, err
}
