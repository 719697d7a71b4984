package accounts

import (
	"fmt"
	"io"
	"os"

	"connectcharms/requirer-lib/atomicfile"
)

// WriteFile puts the set into the file as a whole or not at all: a reader sees the old set or the new one, also after
// a crash. Only the owner and the group of the directory can read the file. The directory must be there.
func (s Set) WriteFile(path string) error {
	encoded, err := s.Encode()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(path, append(encoded, '\n'), 0o640); err != nil {
		return fmt.Errorf("accounts: %w", err)
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
