package plugins

import (
	"bufio"
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

const (
	// longestName and longestElement bound an entry's name in bytes. Linux takes 4096 and 255; the store's own path and
	// Java's habits need the difference.
	longestName    = 1024
	longestElement = 255
	// copyBuffer is the size of one write to disk, in bytes.
	copyBuffer = 256 << 10
)

// An unpacker writes one archive to out, within limits. What it was told of is freed by Close.
type unpacker struct {
	ctx     context.Context // of this one archive; io.Reader leaves no other way
	out     target
	limits  Limits
	buffer  []byte
	files   map[string]bool
	dirs    map[string]bool
	bytes   int64
	readers []*ahead
}

func newUnpacker(ctx context.Context, out target, limits Limits) *unpacker {
	return &unpacker{
		ctx: ctx, out: out, limits: limits, buffer: make([]byte, copyBuffer),
		files: map[string]bool{}, dirs: map[string]bool{".": true},
	}
}

// unpack writes the archive in source and returns the bytes of its files together. It reads source to its end, also what
// follows the archive, so that the caller's digest covers every byte. encoded says that the server claims to have gzip'd
// the file once more on the way.
func (u *unpacker) unpack(source io.Reader, encoded bool) (int64, error) {
	body := bufio.NewReaderSize(u.readAhead(source), copyBuffer)
	archive, is, err := u.decompress(body, encoded)
	if err != nil {
		return 0, err
	}
	if is == plainZip {
		err = u.zip(archive)
	} else {
		err = u.tar(archive)
	}
	if err != nil {
		return u.bytes, readError(err)
	}
	for _, rest := range []io.Reader{archive, body} { // the first also checks a checksum at the end of what is compressed
		if _, err := io.Copy(io.Discard, rest); err != nil {
			return u.bytes, readError(err)
		}
	}
	return u.bytes, nil
}

func (u *unpacker) readAhead(source io.Reader) *ahead {
	reader := newAhead(source)
	u.readers = append(u.readers, reader)
	return reader
}

// Close waits for what reads ahead. The source that was given to unpack has to have ended.
func (u *unpacker) Close() {
	for _, reader := range u.readers {
		reader.Close()
	}
}

// An entry is one file or directory of an archive.
type entry struct {
	name       string
	directory  bool
	executable bool
	size       int64
	content    io.Reader
}

func (u *unpacker) entry(e entry) error {
	name, err := entryName(e.name)
	if err != nil {
		return err
	}
	if e.directory {
		return u.makeDirs(name)
	}
	return u.file(name, e)
}

// entryName returns an entry's name, clean and inside the plugin's directory. Leading "./" is usual and means nothing.
func entryName(name string) (string, error) {
	elements := strings.Split(name, "/")
	clean := path.Clean(name)
	switch {
	case path.IsAbs(name):
		return "", failed(UnsafeEntry, "%s is an absolute path", quoted(name))
	case slices.ContainsFunc(elements, func(e string) bool { return e == ".." }):
		return "", failed(UnsafeEntry, "%s leads out of the plugin's directory", quoted(name))
	case len(name) > longestName || slices.ContainsFunc(elements, func(e string) bool { return len(e) > longestElement }):
		return "", failed(UnsafeEntry, "%s is too long a name", quoted(name))
	case slices.Contains(ownNames, strings.Split(clean, "/")[0]):
		return "", failed(UnsafeEntry, "%s is a name the charm keeps for itself", quoted(name))
	case strings.ContainsRune(name, 0):
		return "", failed(UnsafeEntry, "%s is not a file name", quoted(name))
	}
	return clean, nil
}

// makeDirs makes a directory and its parents, each counted as an entry: a name that implies a thousand directories
// costs as much as a thousand entries.
func (u *unpacker) makeDirs(name string) error {
	if u.dirs[name] {
		return nil
	}
	if err := u.makeDirs(path.Dir(name)); err != nil {
		return err
	}
	if u.files[name] {
		return failed(UnsafeEntry, "%s is there twice, as a file and as a directory", quoted(name))
	}
	u.dirs[name] = true
	if err := u.count(); err != nil {
		return err
	}
	if err := u.out.mkdir(name); err != nil {
		return diskError(err)
	}
	return nil
}

// file writes one file. Of its mode only "executable" is kept: no setuid, setgid or sticky bit, nothing unreadable.
func (u *unpacker) file(name string, e entry) error {
	if u.files[name] || u.dirs[name] {
		return failed(UnsafeEntry, "%s is there twice", quoted(name))
	}
	if e.size > u.limits.Unpacked-u.bytes { // also a sparse file, whose holes cost the archive nothing
		return tooMuch(u.limits.Unpacked)
	}
	if err := u.makeDirs(path.Dir(name)); err != nil {
		return err
	}
	u.files[name] = true
	if err := u.count(); err != nil {
		return err
	}
	file, err := u.out.create(name, e.executable)
	if err != nil {
		return diskError(err)
	}
	written, err := io.CopyBuffer(diskWriter{file}, e.content, u.buffer)
	u.bytes += written
	if closed := file.Close(); err == nil && closed != nil {
		return diskError(closed)
	}
	return err
}

// count checks the number of files and directories; "." is not one.
func (u *unpacker) count() error {
	if len(u.files)+len(u.dirs)-1 > u.limits.Files {
		return failed(TooLarge, "more than the limit of %d files", u.limits.Files)
	}
	return nil
}

// diskWriter names write errors, so that they are told apart from those of the download they come with.
type diskWriter struct{ file io.Writer }

func (w diskWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if err != nil {
		return n, diskError(err)
	}
	return n, nil
}

// readError names an error of reading an archive that neither the download nor the disk has named already.
func readError(err error) error {
	var named *InstallError
	switch {
	case errors.As(err, &named):
		return named
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, xz.ErrBuf):
		return failed(CutShort, "the archive is cut short")
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, xz.ErrMemlimit):
		return failed(TooLarge, "unpacking it needs more memory than the limit of %s", bytesText(longestWindow))
	default:
		return failed(BrokenArchive, "the archive is damaged: %w", err)
	}
}
