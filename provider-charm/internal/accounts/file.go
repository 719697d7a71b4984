package accounts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteFile puts the set into the file as a whole or not at all: a reader sees the old set or the new one, also after
// a crash. Only the owner can read the file. The directory must be there.
func (s Set) WriteFile(path string) error {
	encoded, err := s.Encode()
	if err != nil {
		return err
	}
	if err := replaceFile(path, append(encoded, '\n')); err != nil {
		return fmt.Errorf("cannot write accounts to %s: %w", path, err)
	}
	return nil
}

// ReadFile reads what WriteFile wrote. A missing file is an error that errors.Is calls fs.ErrNotExist.
func ReadFile(path string) (Set, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read accounts: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxEncodedSize+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read accounts: %w", err)
	}
	set, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("cannot read accounts from %s: %w", path, err)
	}
	return set, nil
}

func replaceFile(path string, data []byte) error {
	directory := filepath.Dir(path)
	file, err := os.CreateTemp(directory, "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDirectory(directory)
}

// syncDirectory makes the rename itself last through a loss of power.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
