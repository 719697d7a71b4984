package plugins

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
)

// tarBlock is the unit of the tar format in bytes; two blocks of zeros end an archive (POSIX ustar).
const tarBlock = 512

// tar writes entries up to the archive's end mark. An archive without one was cut, or written by a program that forgot to
// finish it: archive/tar takes both for whole.
func (u *unpacker) tar(source io.Reader) error {
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
			return failed(NotArchive, "neither a tarball nor a zip")
		case err != nil:
			return err
		}
		if err := u.tarEntry(header, reader); err != nil {
			return err
		}
	}
}

func (u *unpacker) tarEntry(header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeXGlobalHeader: // git archive's note about its commit
		return nil
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeDir:
	case tar.TypeLink, tar.TypeSymlink:
		return failed(UnsafeEntry, "%s is a link; pack the file itself (tar -h)", quoted(header.Name))
	default:
		return failed(UnsafeEntry, "%s is not a file but a device, a pipe or the like", quoted(header.Name))
	}
	return u.entry(entry{
		name: header.Name, directory: header.Typeflag == tar.TypeDir, executable: header.Mode&0o111 != 0,
		size: header.Size, content: content,
	})
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
