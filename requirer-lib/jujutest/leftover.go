package jujutest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dirPrefix begins the names of the directories that models make for themselves.
const dirPrefix = "jujutest-"

// lockName is a file in such a directory that the model's process holds locked: the kernel lets go of it when the process
// ends in whatever way, so that the next model can tell what was left behind.
const lockName = ".lock"

// makeDir makes a directory for a model, and first removes those of models whose processes were killed.
func makeDir() (string, *os.File, error) {
	removeLeftovers()
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return "", nil, fmt.Errorf("make a directory for the model: %w", err)
	}
	lock, err := os.Create(filepath.Join(dir, lockName+".new"))
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil {
		err = os.Rename(lock.Name(), filepath.Join(dir, lockName)) // it has its name only when it is locked
	}
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("lock the model's directory %s: %w", dir, err), os.RemoveAll(dir))
	}
	return dir, lock, nil
}

// removeLeftovers ends the processes and removes the directories of models that were not closed. What cannot be removed now
// waits for the next model.
func removeLeftovers() {
	locks, err := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*", lockName))
	if err != nil {
		return
	}
	for _, path := range locks {
		removeLeftover(path)
	}
}

func removeLeftover(path string) {
	lock, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer lock.Close()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return // its model lives
	}
	dir := filepath.Dir(path)
	if killBelow(dir, 0, 0) == nil {
		os.RemoveAll(dir) // the next model tries again
	}
}
