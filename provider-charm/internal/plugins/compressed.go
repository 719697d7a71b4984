package plugins

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// longestWindow is the most bytes of earlier content that a compressed stream may refer back to, all of which is held in
// memory. It is what `zstd --long` and twice what `xz -9` ask for; a header of some bytes can ask for gigabytes.
const longestWindow = 128 << 20

// decompress takes the compression off source and returns the archive in it, which is a tar or a zip. One layer is
// usual; encoded allows a second, by a server that compresses on the way.
func (u *unpacker) decompress(source *bufio.Reader, encoded bool) (archive *bufio.Reader, is kind, err error) {
	is, err = kindOf(source)
	layers := 1
	if encoded {
		layers = 2
	}
	outer := kind("")
	for ; err == nil && is.compressed(); layers-- {
		if layers == 0 {
			return nil, "", failed(NotArchive, "%s in %s; publish an archive that is packed once", is, outer)
		}
		outer = is
		if source, err = u.decompressed(source, is); err == nil {
			is, err = kindOf(source)
		}
	}
	if err == nil && is == plainZip && outer != "" && !encoded {
		err = failed(NotArchive, "zip in %s; publish the zip itself", outer)
	}
	return source, is, err
}

// decompressed reads what is in source, no more than the limit's bytes of it. It is read ahead, so that decompressing and
// writing go on at the same time.
func (u *unpacker) decompressed(source *bufio.Reader, is kind) (*bufio.Reader, error) {
	plain, err := decoder(source, is)
	if err != nil {
		return nil, readError(noEOF(err))
	}
	limited := &capped{source: plain, left: u.limits.Unpacked, limit: u.limits.Unpacked}
	return bufio.NewReaderSize(u.readAhead(limited), copyBuffer), nil
}

func decoder(source *bufio.Reader, is kind) (io.Reader, error) {
	switch is {
	case zstded:
		// Without goroutines of its own it needs no Close.
		return zstd.NewReader(source, zstd.WithDecoderMaxWindow(longestWindow), zstd.WithDecoderConcurrency(1))
	case xzed:
		return xz.NewReader(source, longestWindow)
	default:
		return &members{source: source}, nil
	}
}

// members is a reader of concatenated gzip streams. Unlike gzip.Reader it takes bytes after the last member for padding,
// as tar does, rather than for damage.
type members struct {
	source *bufio.Reader
	gzip   *gzip.Reader
}

func (m *members) Read(p []byte) (int, error) {
	if m.gzip == nil {
		reader, err := gzip.NewReader(m.source)
		if err != nil {
			return 0, noEOF(err)
		}
		m.gzip = reader
		m.gzip.Multistream(false)
	}
	for {
		n, err := m.gzip.Read(p)
		if !errors.Is(err, io.EOF) || n > 0 {
			return n, ignoreEOF(err)
		}
		start, err := m.source.Peek(2)
		if err != nil || !bytes.Equal(start, []byte("\x1f\x8b")) {
			return 0, endOr(err)
		}
		if err := m.gzip.Reset(m.source); err != nil {
			return 0, noEOF(err)
		}
		m.gzip.Multistream(false)
	}
}

// noEOF turns an end in the middle of a header into an error.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ignoreEOF leaves the end of a member to the next Read.
func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// endOr returns the error that kept the source from being read on, or the end.
func endOr(err error) error {
	if err != nil {
		return err
	}
	return io.EOF
}

// capped fails once more than limit bytes came out of a compressed stream: a few kilobytes can hold terabytes.
type capped struct {
	source      io.Reader
	left, limit int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.source.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, tooMuch(c.limit)
	}
	return n, err
}

func tooMuch(limit int64) error {
	return failed(TooLarge, "unpacked it is more than the limit of %s", bytesText(limit))
}
