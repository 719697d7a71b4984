package accounts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"connectcharms/requirer-lib/atomicfile"
)

// WriteFile puts the set into the file as a whole or not at all: a reader sees the old set or the new one, also after
// a crash. Only the owner and the group of the directory can read the file. The directory must be there.
//
// On a full disk a set that is no longer than the one there is written over it: whoever has to be shut out is. Should the unit crash in the
// middle of that, the file is damaged and lets nobody in, until it is written again.
func (s Set) WriteFile(path string) error {
	encoded, err := s.Encode()
	if err != nil {
		return err
	}
	encoded = append(encoded, '\n')
	err = atomicfile.Write(path, encoded, 0o640)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		if overwrite(path, encoded) == nil {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	return nil
}

// overwrite writes over a file, which needs no room. The rest of what was there becomes space, which means nothing in JSON.
func overwrite(path string, encoded []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	rest := info.Size() - int64(len(encoded))
	if rest < 0 {
		return syscall.ENOSPC
	}
	if _, err := file.WriteAt(append(encoded, bytes.Repeat([]byte(" "), int(rest))...), 0); err != nil {
		return err
	}
	return errors.Join(file.Truncate(int64(len(encoded))), file.Sync())
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
