package source

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// file is a document on this machine. Its revision is a digest: a reading costs little, and times of change are coarse, and the same for
// two versions that a package manager laid out.
type file struct {
	path    string
	options Options
}

func newFile(path string, options Options) *file { return &file{path: path, options: options} }

func parseFile(address *url.URL, options Options) (Source, *Error) {
	switch {
	case address.Host != "" && address.Host != "localhost":
		return nil, failed(BadAddress, "file:// has a host in it; a file of this machine has three strokes: file:///etc/state.yaml")
	case !filepath.IsAbs(address.Path):
		return nil, failed(BadAddress, "file:// names no file; write file:///etc/state.yaml, or the path alone")
	case address.RawQuery != "" || address.Fragment != "":
		return nil, failed(BadAddress, "a file has no settings; write ? and # in its name as %%3F and %%23, or the path alone")
	}
	return newFile(filepath.Clean(address.Path), options), nil
}

func (f *file) String() string { return f.path }

func (f *file) Fetch(ctx context.Context, have Revision) (Document, error) {
	return f.options.fetch(ctx, f.path, have, func(ctx context.Context, _ Revision) (Document, error) {
		data, err := f.settled(ctx)
		return Document{Data: data, Revision: digest(data), Name: filepath.Base(f.path)}, err
	})
}

// lookings is how often a file that changes is looked at, Limits.Settle apart, before it is given up.
const lookings = 20

// settled reads the file when nobody writes to it: it was left alone for Limits.Settle, or two readings that far apart are the same.
// A file that is put in its place as a whole, by a rename, waits that long at most.
func (f *file) settled(ctx context.Context) ([]byte, error) {
	var before reading
	for range lookings {
		now, err := f.read(ctx)
		if err != nil || now.at == (time.Time{}) {
			return now.data, err
		}
		if now.whole && (time.Since(now.at) >= f.options.Limits.Settle || now.same(before)) {
			return now.data, nil
		}
		before = now
		if err := wait(ctx, f.options.Limits.Settle); err != nil {
			return nil, err
		}
	}
	return nil, failed(Unfinished, "somebody writes to it all the time; write it beside its place, and rename it when it is whole")
}

// reading is a file at one moment.
type reading struct {
	data  []byte
	at    time.Time // of its last change; zero for a pipe, which has none
	whole bool      // nothing changed while it was read
}

func (r reading) same(other reading) bool {
	return other.whole && r.at.Equal(other.at) && string(r.data) == string(other.data)
}

func (f *file) read(ctx context.Context) (reading, error) {
	// Without O_NONBLOCK, a pipe that nobody writes to would hold this up for ever.
	opened, err := os.OpenFile(f.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return reading{}, fileError(err)
	}
	defer opened.Close()
	defer context.AfterFunc(ctx, func() { _ = opened.SetReadDeadline(time.Unix(1, 0)) })()
	before, err := opened.Stat()
	if err != nil {
		return reading{}, fileError(err)
	}
	if err := readable(before); err != nil {
		return reading{}, err
	}
	data, err := readAll(opened, f.options.Limits)
	if err != nil {
		return reading{}, fileError(err)
	}
	if before.Mode().Type() == fs.ModeNamedPipe {
		return reading{data: data}, nil
	}
	after, err := os.Stat(f.path)
	whole := err == nil && os.SameFile(before, after) && before.ModTime().Equal(after.ModTime()) && int64(len(data)) == after.Size()
	return reading{data: data, at: before.ModTime(), whole: whole}, nil
}

func readable(info fs.FileInfo) error {
	switch info.Mode().Type() {
	case 0, fs.ModeNamedPipe:
		return nil
	case fs.ModeDir:
		return failed(BadAddress, "is a directory; name the file in it")
	default:
		return failed(BadAddress, "is neither a file nor a pipe")
	}
}

// readAll reads a document whose size only its end tells.
func readAll(from io.Reader, limits Limits) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, limits.Size+1))
	if err == nil && int64(len(data)) > limits.Size {
		return nil, tooLarge(limits)
	}
	return data, err
}

func tooLarge(limits Limits) *Error {
	return failed(TooLarge, "larger than %d MiB, which no state file is; is it the right file?", limits.Size>>20)
}

func fileError(err error) error {
	failure := new(Error)
	switch {
	case errors.As(err, &failure):
		return err
	case errors.Is(err, fs.ErrNotExist):
		failure = failed(Gone, "there is no such file")
	case errors.Is(err, fs.ErrPermission):
		failure = failed(Refused, "user %d may not read it; change its owner or mode, or those of its directories", os.Geteuid())
	default:
		failure = failed(Unreachable, "cannot be read: %v", cause(err))
	}
	return failure
}

// cause leaves out the path, which the error has already.
func cause(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
