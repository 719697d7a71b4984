package plugins

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// target is a place an archive is unpacked to. Names are slash-separated, relative and clean.
type target interface {
	mkdir(name string) error
	create(name string, executable bool) (io.WriteCloser, error)
	Close() error
}

// directory is a target on disk. os.Root keeps every name inside it, whatever the archive says.
type directory struct{ root *os.Root }

func openDirectory(dir string) (target, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return directory{root: root}, nil
}

func (d directory) mkdir(name string) error {
	if err := d.root.Mkdir(name, 0o755); err != nil {
		return err
	}
	return d.root.Chmod(name, 0o755) // the umask may have taken the worker's right to read
}

func (d directory) create(name string, executable bool) (io.WriteCloser, error) {
	mode := fs.FileMode(0o644)
	if executable {
		mode = 0o755
	}
	file, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(mode); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (d directory) Close() error { return d.root.Close() }

// syncTree puts every file and directory below dir on disk, itself included. One pass at the end lets the kernel write
// back while the download still runs, which a sync after each file does not.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncPath(path)
	})
}

func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

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
