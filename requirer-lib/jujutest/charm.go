package jujutest

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/program"
)

// Func is a charm written as a function in a test: it runs once for every hook and action, in the test's process.
// An error fails the hook, as a process that exits with a code other than 0 does.
type Func func(ctx context.Context, h *hook.Hook) error

// Charm is what [Model.Deploy] and [Model.Refresh] deploy. Make one with [FromFunc], [FromProgram],
// [FromDir] or [FromArchive].
type Charm struct {
	meta   *metadata
	fn     Func
	unpack func(to string) error // nil where there are no files
	err    error                 // why the charm cannot be used
}

// FromFunc makes a charm of a function. The metadata are a charmcraft.yaml, of which it reads name, provides, requires,
// peers, containers, resources, storage, config and actions.
func FromFunc(charmcraft []byte, fn Func) Charm {
	meta, err := parseMetadata(charmcraft)
	return Charm{meta: meta, fn: fn, err: err}
}

// FromDir makes a charm of a directory that has an executable dispatch (or hooks/NAME), and metadata.yaml with config.yaml
// and actions.yaml beside it, or charmcraft.yaml. Every unit gets its own copy; files over 1 MiB are hard links when possible.
func FromDir(dir string) Charm {
	meta, err := readMetadata(os.DirFS(dir))
	if err != nil {
		err = fmt.Errorf("read charm directory %s: %w", dir, err)
	}
	return Charm{meta: meta, err: err, unpack: func(to string) error { return copyTree(dir, to) }}
}

// FromProgram makes a charm of a directory as FromDir does, and runs the Dispatch of a charm's program in its place, in the
// test's process. See program.Program.TestMain.
func FromProgram(dir string, p program.Program) Charm {
	charm := FromDir(dir)
	charm.fn = func(ctx context.Context, h *hook.Hook) error { return p.Dispatch(ctx, h, slog.New(h.LogHandler())) }
	return charm
}

// FromArchive makes a charm of a packed .charm file.
func FromArchive(path string) Charm {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return Charm{err: fmt.Errorf("open charm archive %s: %w", path, err)}
	}
	defer archive.Close()
	meta, err := readMetadata(archive)
	if err != nil {
		err = fmt.Errorf("read charm archive %s: %w", path, err)
	}
	return Charm{meta: meta, err: err, unpack: func(to string) error { return unpackArchive(path, to) }}
}

// readMetadata reads the files that Juju reads, or else charmcraft.yaml.
func readMetadata(charm fs.FS) (*metadata, error) {
	text, err := fs.ReadFile(charm, "metadata.yaml")
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = fs.ReadFile(charm, "charmcraft.yaml"); err != nil {
			return nil, fmt.Errorf("it has neither metadata.yaml nor charmcraft.yaml: %w", err)
		}
		return parseMetadata(text)
	}
	if err != nil {
		return nil, err
	}
	meta, err := parseMetadata(text)
	if err != nil {
		return nil, fmt.Errorf("metadata.yaml: %w", err)
	}
	if err := readYAML(charm, "config.yaml", &meta.Config); err != nil {
		return nil, err
	}
	if err := readYAML(charm, "actions.yaml", &meta.Actions); err != nil {
		return nil, err
	}
	return meta, meta.validate()
}

func readYAML(charm fs.FS, name string, to any) error {
	text, err := fs.ReadFile(charm, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = yaml.Unmarshal(text, to)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

const linkedFrom = 1 << 20 // bytes: from here on a file is linked rather than copied

// copyTree copies a directory, with its symbolic links followed.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.IsDir() {
			if entry.Type()&fs.ModeSymlink != 0 {
				followed, err := filepath.EvalSymlinks(path) // for WalkDir follows no link, not even the one that it is given
				if err != nil {
					return err
				}
				return copyTree(followed, target)
			}
			return os.MkdirAll(target, 0o755)
		}
		return copyFile(path, target, info)
	})
}

// copyFile copies one file; a big one is linked when both are on one file system. An existing target is replaced, not
// written into: a process may still run it.
func copyFile(from, to string, info fs.FileInfo) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info.Size() >= linkedFrom && os.Link(from, to) == nil {
		return nil
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	return writeFile(to, source, info.Mode().Perm())
}

// writeFile writes a file that may be run right away. No other goroutine starts a process meanwhile: its child would have the
// file open for writing for a moment, and the kernel runs no such file ("text file busy").
func writeFile(path string, content io.Reader, mode fs.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// unpackArchive unpacks a charm; names that lead out of the target are refused.
func unpackArchive(path, to string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("open charm archive %s: %w", path, err)
	}
	defer archive.Close()
	for _, file := range archive.File {
		if !filepath.IsLocal(file.Name) {
			return fmt.Errorf("unpack charm archive %s: the name %q leads out of it", path, file.Name)
		}
		if err := unpackFile(file, filepath.Join(to, file.Name)); err != nil {
			return fmt.Errorf("unpack %s of charm archive %s: %w", file.Name, path, err)
		}
	}
	return nil
}

func unpackFile(file *zip.File, to string) error {
	if file.FileInfo().IsDir() {
		return os.MkdirAll(to, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	content, err := file.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	if file.Mode()&fs.ModeSymlink != 0 {
		target, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		if !filepath.IsLocal(filepath.Join(filepath.Dir(file.Name), string(target))) {
			return fmt.Errorf("its link to %q leads out of the charm", target)
		}
		return os.Symlink(string(target), to)
	}
	return writeFile(to, content, file.Mode().Perm())
}
