package plugins

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

const (
	// longestName and longestElement bound an entry's name in bytes. Linux takes 4096 and 255; the store's own path and
	// Java's habits need the difference.
	longestName    = 1024
	longestElement = 255
	// copyBuffer is the size of one write to disk, in bytes.
	copyBuffer = 256 << 10
	// tarBlock is the unit of the tar format; two blocks of zeros end an archive (POSIX ustar).
	tarBlock = 512
)

// unpack writes the tarball in source, plain or gzip'd, to out and returns the bytes of its files together. It reads
// source to its end, also what follows the archive, so that the caller's digest covers every byte. encoded says that the
// server claims to have gzip'd the file once more on the way.
func unpack(source *bufio.Reader, encoded bool, out target, limits Limits) (int64, error) {
	archive, err := decompress(source, encoded, limits.Unpacked)
	if err != nil {
		return 0, err
	}
	u := &unpacker{
		out: out, limits: limits, buffer: make([]byte, copyBuffer),
		files: map[string]bool{}, dirs: map[string]bool{".": true},
	}
	if err := u.archive(archive); err != nil {
		return u.bytes, readError(err)
	}
	for _, rest := range []io.Reader{archive, source} { // the first also checks gzip's checksum
		if _, err := io.Copy(io.Discard, rest); err != nil {
			return u.bytes, readError(err)
		}
	}
	return u.bytes, nil
}

// unpacker is the state of one archive being unpacked.
type unpacker struct {
	out    target
	limits Limits
	buffer []byte
	files  map[string]bool
	dirs   map[string]bool
	bytes  int64
}

// archive reads entries up to the archive's end mark. An archive without one was cut, or written by a program that
// forgot to finish it: archive/tar takes both for whole.
func (u *unpacker) archive(source io.Reader) error {
	tail := &zeroTail{source: source}
	reader := tar.NewReader(tail)
	for first := true; ; first = false {
		header, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF) && tail.zeros < tarBlock:
			return failed(CutShort, "the tarball is cut short: it has no end mark")
		case errors.Is(err, io.EOF):
			return nil
		case first && errors.Is(err, tar.ErrHeader):
			return failed(NotTarball, "neither a tar nor a tar.gz")
		case err != nil:
			return err
		}
		if err := u.entry(header, reader); err != nil {
			return err
		}
	}
}

func (u *unpacker) entry(header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeXGlobalHeader: // git archive's note about its commit
		return nil
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeDir:
	case tar.TypeLink, tar.TypeSymlink:
		return failed(UnsafeEntry, "%s is a link; pack the file itself (tar -h)", quoted(header.Name))
	default:
		return failed(UnsafeEntry, "%s is not a file but a device, a pipe or the like", quoted(header.Name))
	}
	name, err := entryName(header.Name)
	if err != nil {
		return err
	}
	if header.Typeflag == tar.TypeDir {
		return u.makeDirs(name)
	}
	return u.file(name, header, content)
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
	case clean == recordName || strings.HasPrefix(clean, recordName+"/"):
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
func (u *unpacker) file(name string, header *tar.Header, content io.Reader) error {
	if u.files[name] || u.dirs[name] {
		return failed(UnsafeEntry, "%s is there twice", quoted(name))
	}
	if header.Size > u.limits.Unpacked-u.bytes { // also a sparse file, whose holes cost the archive nothing
		return tooMuch(u.limits.Unpacked)
	}
	if err := u.makeDirs(path.Dir(name)); err != nil {
		return err
	}
	u.files[name] = true
	if err := u.count(); err != nil {
		return err
	}
	file, err := u.out.create(name, header.Mode&0o111 != 0)
	if err != nil {
		return diskError(err)
	}
	written, err := io.CopyBuffer(diskWriter{file}, content, u.buffer)
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

// zeroTail passes a stream on and counts the zeros at the end of what was read so far.
type zeroTail struct {
	source io.Reader
	zeros  int
}

func (z *zeroTail) Read(p []byte) (int, error) {
	n, err := z.source.Read(p)
	kept := len(bytes.TrimRight(p[:n], "\x00"))
	if kept > 0 {
		z.zeros = 0
	}
	z.zeros += n - kept
	return n, err
}

// readError names an error of reading an archive that neither the download nor the disk has named already.
func readError(err error) error {
	var named *InstallError
	switch {
	case errors.As(err, &named):
		return named
	case errors.Is(err, io.ErrUnexpectedEOF):
		return failed(CutShort, "the tarball is cut short")
	default:
		return failed(BrokenTarball, "the tarball is damaged: %w", err)
	}
}
