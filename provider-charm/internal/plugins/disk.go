package plugins

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// target is a place an archive is unpacked to. Names are slash-separated, relative and clean.
type target interface {
	mkdir(name string) error
	create(name string, executable bool) (io.WriteCloser, error)
	// spool makes a file for content that has to be read in another order than it arrives. It has no name: it goes with its
	// handle, also when the process is killed.
	spool() (spool, error)
	Close() error
}

type spool interface {
	io.WriteCloser
	io.ReaderAt
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
	return earlyFile{file}, nil
}

func (d directory) spool() (spool, error) {
	const name = ".spool" // nothing was unpacked yet that could be named so
	file, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := d.root.Remove(name); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (d directory) Close() error { return d.root.Close() }

// startsWriteBack is SYNC_FILE_RANGE_WRITE of sync_file_range(2).
const startsWriteBack = 2

// earlyFile has the kernel begin to write a file back when it is closed, while the download still runs. What is not on
// disk by then waits for syncTree: the call promises nothing, and so its error says nothing.
type earlyFile struct{ *os.File }

func (f earlyFile) Close() error {
	_ = syscall.SyncFileRange(int(f.Fd()), 0, 0, startsWriteBack)
	return f.File.Close()
}

// syncsAtOnce is how many files are synced at the same time: their waits for the disk's journal become one.
const syncsAtOnce = 8

// syncTree puts every file and directory below dir on disk, itself included. One pass at the end costs less than a sync
// after each file.
func syncTree(dir string) error {
	paths := make(chan string)
	failures := make(chan error, syncsAtOnce)
	var syncing sync.WaitGroup
	for range syncsAtOnce {
		syncing.Go(func() {
			var failed error
			for path := range paths {
				failed = errors.Join(failed, syncPath(path))
			}
			failures <- failed
		})
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			paths <- path
		}
		return err
	})
	close(paths)
	syncing.Wait()
	for range syncsAtOnce {
		err = errors.Join(err, <-failures)
	}
	return err
}

func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
