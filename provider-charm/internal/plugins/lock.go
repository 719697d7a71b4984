package plugins

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockShared waits until nobody clears leftovers, and keeps them from starting until unlock is called.
func (s *Store) lockShared() (unlock func(), err error) {
	unlock, _, err = s.lock(syscall.LOCK_SH)
	return unlock, err
}

// tryLockExclusive does not wait: alone says whether nobody else writes to the store.
func (s *Store) tryLockExclusive() (unlock func(), alone bool, err error) {
	return s.lock(syscall.LOCK_EX | syscall.LOCK_NB)
}

// lock takes a flock on DIR/.lock. The kernel drops it with the process, so a crash leaves no lock behind.
func (s *Store) lock(how int) (unlock func(), locked bool, err error) {
	file, err := os.OpenFile(filepath.Join(s.dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return func() { _ = file.Close() }, true, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("cannot lock %s: %w", file.Name(), err)
}
