package reconcile

import (
	"errors"
	"syscall"

	"connectcharms/requirer-lib/hook"
)

// DiskFull is the status of a unit that could not write what it has to. A hook that fails for this would say less, and hold up all
// hooks after it, those too by which somebody is shut out: so it ends well, with this status, and the next one goes on from there.
var DiskFull = hook.Status{Name: hook.Blocked, Message: "the unit's disk is full: free some space"}

// IsDiskFull says whether something failed because there is no room on the disk.
func IsDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
