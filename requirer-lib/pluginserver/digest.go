package pluginserver

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"connectcharms/requirer-lib/atomicfile"
)

// identity is what a file is known by without reading it.
type identity struct {
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"` // nanoseconds since 1970
	Inode    uint64 `json:"inode"`
}

// known is a digest and the file that it is of.
type known struct {
	identity
	SHA256 string `json:"sha256"`
}

// digestOf is the SHA-256 of a file, in lower-case hexadecimal digits. The digest is remembered in the small file at cache,
// so that asking again for a file that has not changed does not read it.
func digestOf(file, cache string) (string, error) {
	opened, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("take the digest of the plugin: %w", err)
	}
	defer opened.Close()
	id, err := identify(opened)
	if err != nil {
		return "", fmt.Errorf("take the digest of %s: %w", file, err)
	}
	if before, err := readCache(cache); err != nil || before.identity == id && before.SHA256 != "" {
		return before.SHA256, err
	}
	digest, err := hash(opened)
	if err != nil {
		return "", fmt.Errorf("take the digest of %s: %w", file, err)
	}
	document, err := json.Marshal(known{id, digest})
	if err != nil {
		return "", err
	}
	return digest, atomicfile.Write(cache, document, 0o600)
}

// readCache takes a damaged cache for an empty one: it costs one reading.
func readCache(cache string) (known, error) {
	var before known
	document, err := os.ReadFile(cache)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return known{}, fmt.Errorf("read the digest that is remembered: %w", err)
	}
	if json.Unmarshal(document, &before) != nil {
		return known{}, nil
	}
	return before, nil
}

func identify(file *os.File) (identity, error) {
	info, err := file.Stat()
	if err != nil {
		return identity{}, err
	}
	if !info.Mode().IsRegular() {
		return identity{}, errors.New("it is not a regular file")
	}
	id := identity{Size: info.Size(), Modified: info.ModTime().UnixNano()}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		id.Inode = stat.Ino
	}
	return id, nil
}

func hash(file io.Reader) (string, error) {
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}
