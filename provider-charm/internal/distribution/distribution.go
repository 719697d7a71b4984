// Package distribution keeps the unit's Kafka distribution: the Apache tarball, or one laid out like it, that the
// operator attaches as a resource. Unlike a plugin it is chosen by the operator, so it is unpacked with care but without
// the limits that bytes from a relation get.
package distribution

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"connectcharms/requirer-lib/atomicfile"
)

// Store keeps one distribution under DIR/<digest>/, and DIR/current says which.
type Store struct{ dir string }

// Open opens the store at dir. It makes nothing.
func Open(dir string) *Store { return &Store{dir} }

// Current is the directory of the distribution in use; empty when there is none.
func (s *Store) Current() string {
	name, err := os.ReadFile(s.file("current"))
	if err != nil {
		return ""
	}
	dir := filepath.Join(s.dir, strings.TrimSpace(string(name)))
	if _, err := os.Stat(launcher(dir)); err != nil {
		return ""
	}
	return dir
}

// Pending says whether archive is another file than the one in use was unpacked from. It compares what the file system
// says of the file, not its bytes: Juju writes a resource anew when it changes.
func (s *Store) Pending(archive string) bool {
	seen, err := os.ReadFile(s.file("unpacked-from"))
	return err != nil || string(seen) != identity(archive) || s.Current() == ""
}

// Install unpacks archive, a tar.gz with one folder that has bin/connect-distributed.sh and libs, puts it in use and
// removes the one before. It is whole or not there.
func (s *Store) Install(ctx context.Context, archive string) (dir string, err error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return "", err
	}
	incoming, err := os.MkdirTemp(s.dir, ".incoming-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(incoming)
	digest, err := unpackFile(ctx, archive, incoming)
	if err != nil {
		return "", fmt.Errorf("%s is not a Kafka distribution: %w", filepath.Base(archive), err)
	}
	if _, err := os.Stat(launcher(incoming)); err != nil {
		return "", fmt.Errorf("%s is not a Kafka distribution: it has no folder with bin/connect-distributed.sh", filepath.Base(archive))
	}
	final := s.file(digest)
	if err := os.Rename(incoming, final); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	if err := os.Chmod(final, 0o755); err != nil {
		return "", err
	}
	if err := errors.Join(s.write("current", digest), s.write("unpacked-from", identity(archive))); err != nil {
		return "", err
	}
	return final, s.removeOthers(digest)
}

var clientsJar = regexp.MustCompile(`^kafka-clients-(.+)\.jar$`)

// Version is the Kafka version of the distribution at dir, read off its kafka-clients jar.
func (s *Store) Version(dir string) string {
	jars, _ := filepath.Glob(filepath.Join(dir, "libs", "*.jar"))
	return VersionOf(jars)
}

// VersionOf is the Kafka version of a distribution with these jars.
func VersionOf(jars []string) string {
	for _, jar := range jars {
		if found := clientsJar.FindStringSubmatch(filepath.Base(jar)); found != nil {
			return found[1]
		}
	}
	return "unknown"
}

func (s *Store) file(name string) string { return filepath.Join(s.dir, name) }

func (s *Store) write(name, text string) error {
	return atomicfile.Write(s.file(name), []byte(text), 0o644)
}

func (s *Store) removeOthers(digest string) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != digest {
			if err := os.RemoveAll(s.file(entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func launcher(dir string) string { return filepath.Join(dir, "bin", "connect-distributed.sh") }

// identity is what the file system says of a file.
func identity(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano())
}

// unpackFile unpacks a tar.gz without its one top folder, and returns a name for its bytes.
func unpackFile(ctx context.Context, archive, dir string) (digest string, err error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	plain, err := gzip.NewReader(io.TeeReader(file, sum))
	if err != nil {
		return "", fmt.Errorf("attach a tar.gz: %w", err)
	}
	root, err := os.OpenRoot(dir) // keeps every name inside
	if err != nil {
		return "", err
	}
	defer root.Close()
	if err := unpack(ctx, tar.NewReader(plain), root); err != nil {
		return "", err
	}
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

func unpack(ctx context.Context, archive *tar.Reader, root *os.Root) error {
	for ctx.Err() == nil {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(filepath.Clean(header.Name), "/")
		if name == "" {
			continue
		}
		if err := unpackEntry(root, name, header, archive); err != nil {
			return fmt.Errorf("%q: %w", header.Name, err)
		}
	}
	return ctx.Err()
}

func unpackEntry(root *os.Root, name string, header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeReg:
	default:
		return errors.New("neither a file nor a folder")
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fs.FileMode(header.Mode)&0o755|0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
