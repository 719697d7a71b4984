package plugins

import (
	"io"
	"syscall"
)

// roomStep is how many bytes are written between two looks at the disk.
const roomStep = 16 << 20

// room is a target that stops before the disk is full.
type room struct {
	target
	dir     string
	reserve int64
	written int64 // since the last look
}

// look fails when less is free than the reserve and coming, the bytes that are known to come.
func (r *room) look(coming int64) error {
	r.written = 0
	free, err := freeBytes(r.dir)
	if err != nil {
		return err
	}
	if r.reserve >= 0 && free-max(coming, 0) < r.reserve {
		return failed(Disk, "the unit's disk is too full: %s free, of which %s stay free", bytesText(free), bytesText(r.reserve))
	}
	return nil
}

func (r *room) create(name string, executable bool) (io.WriteCloser, error) {
	file, err := r.target.create(name, executable)
	return roomFile{file, r}, err
}

func (r *room) spool() (spool, error) {
	file, err := r.target.spool()
	return roomSpool{file, r}, err
}

func (r *room) write(to io.Writer, p []byte) (int, error) {
	if r.written += int64(len(p)); r.written > roomStep {
		if err := r.look(0); err != nil {
			return 0, err
		}
	}
	return to.Write(p)
}

type roomFile struct {
	io.WriteCloser
	room *room
}

func (f roomFile) Write(p []byte) (int, error) { return f.room.write(f.WriteCloser, p) }

type roomSpool struct {
	spool
	room *room
}

func (s roomSpool) Write(p []byte) (int, error) { return s.room.write(s.spool, p) }

// freeBytes is what an account other than root may still write to the disk of dir.
func freeBytes(dir string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, err
	}
	return int64(disk.Bavail) * disk.Bsize, nil
}
