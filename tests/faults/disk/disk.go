// Package disk has small disks, for what happens when there is no room. A disk is a file system in memory, mounted in a mount namespace that
// the tests of a package have for themselves: with root or without, nobody else sees it, and nothing is left of it when they end.
package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Disk is a file system of its own.
type Disk struct {
	// Path is its root directory.
	Path string
}

// New is an empty disk of some bytes in a directory that ends with the test.
func New(t testing.TB, bytes int64) *Disk {
	t.Helper()
	return At(t, t.TempDir(), bytes)
}

// At is an empty disk of some bytes at a path, made where nothing is, until the test ends. The test is skipped where Main could not get
// the right to mount.
func At(t testing.TB, path string, bytes int64) *Disk {
	t.Helper()
	if reason := os.Getenv(denied); reason != "" {
		t.Skip("no file system can be mounted here: " + reason)
	}
	d := &Disk{Path: path}
	if err := errors.Join(os.MkdirAll(path, 0o755), d.Mount(bytes)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Mount mounts a disk of some bytes at its path. What is there already is not seen until it is unmounted.
func (d *Disk) Mount(bytes int64) error {
	if os.Getenv(inside) == "" {
		return errors.New("package disk mounts nothing outside of a namespace: begin TestMain with disk.Main")
	}
	if err := mount(d.Path, bytes); err != nil {
		return fmt.Errorf("mount a disk at %s: %w", d.Path, err)
	}
	return nil
}

// Unmount takes it away, also from processes that have files of it open: those see theirs until they close them.
func (d *Disk) Unmount() error {
	if err := unmount(d.Path); err != nil {
		return fmt.Errorf("unmount the disk at %s: %w", d.Path, err)
	}
	return nil
}

// Fill leaves no room on the disk, but for some bytes, rounded down to pages.
func (d *Disk) Fill(leave int64) error {
	file, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("fill a disk: %w", err)
	}
	_, err = io.Copy(file, zeros{})
	if !errors.Is(err, syscall.ENOSPC) {
		_ = file.Close()
		return fmt.Errorf("fill a disk: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		err = file.Truncate(max(0, info.Size()-leave))
	}
	return errors.Join(err, file.Close())
}

// Free gives back the room that Fill took.
func (d *Disk) Free() error {
	if err := os.Remove(d.ballast()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("make room on a disk: %w", err)
	}
	return nil
}

// Room is how many bytes are free.
func (d *Disk) Room() (int64, error) {
	free, err := room(d.Path)
	if err != nil {
		return 0, fmt.Errorf("look at a disk: %w", err)
	}
	return free, nil
}

func (d *Disk) ballast() string { return filepath.Join(d.Path, ".ballast") }

// zeros is a reader without an end.
type zeros struct{}

func (zeros) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}
