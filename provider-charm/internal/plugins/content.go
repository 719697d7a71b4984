package plugins

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// decompress looks at what source begins with and returns the tar in it. Neither the URL's ending nor the server's
// Content-Type is asked: plugin servers get both wrong.
func decompress(source *bufio.Reader, encoded bool, limit int64) (*bufio.Reader, error) {
	kind, err := kindOf(source)
	if err != nil || kind == plainTar {
		return source, err
	}
	archive := unzipped(source, limit)
	kind, err = kindOf(archive)
	if err == nil && kind == gzipped && encoded {
		archive = unzipped(archive, limit)
		kind, err = kindOf(archive)
	}
	if err == nil && kind == gzipped {
		err = failed(NotTarball, "gzip in gzip; publish a .tar.gz that is packed once")
	}
	return archive, err
}

type kind int

const (
	plainTar kind = iota
	gzipped
)

// A packing is a way to pack files that is told by its first bytes and that plugins are not read from.
var packings = []struct{ name, magic string }{
	{"a zip or a bare jar", "PK\x03\x04"},
	{"an empty zip", "PK\x05\x06"},
	{"packed with xz", "\xfd7zXZ\x00"},
	{"packed with zstd", "\x28\xb5\x2f\xfd"},
	{"packed with bzip2", "BZh"},
	{"a 7z archive", "7z\xbc\xaf\x27\x1c"},
}

// kindOf tells what a stream is without consuming it. What it does not know may be a tar without the ustar magic, as
// Unix version 7 wrote it: the tar reader decides.
func kindOf(source *bufio.Reader) (kind, error) {
	start, err := source.Peek(tarBlock)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return plainTar, readError(err)
	case len(start) == 0:
		return plainTar, failed(NotTarball, "the answer is empty")
	case len(start) >= 262 && string(start[257:262]) == "ustar":
		return plainTar, nil
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return gzipped, nil
	}
	for _, packing := range packings {
		if bytes.HasPrefix(start, []byte(packing.magic)) {
			return plainTar, failed(NotTarball, "%s, not a tarball; publish a .tar.gz", packing.name)
		}
	}
	switch mediaType, _, _ := strings.Cut(http.DetectContentType(start), ";"); {
	case mediaType == "text/html":
		return plainTar, failed(NotTarball, "the answer is an HTML page, not a tarball")
	case strings.HasPrefix(mediaType, "text/"):
		return plainTar, failed(NotTarball, "the answer is text, not a tarball")
	default:
		return plainTar, nil
	}
}

// unzipped reads the gzip members in source, one after the other, and no more than limit bytes out of them. Unlike
// gzip.Reader it takes bytes after the last member for padding, as tar does, rather than for damage.
func unzipped(source *bufio.Reader, limit int64) *bufio.Reader {
	return bufio.NewReaderSize(&capped{source: &members{source: source}, left: limit, limit: limit}, copyBuffer)
}

// members is a reader of concatenated gzip streams.
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

// noEOF turns an end in the middle of a gzip header into an error.
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

// quoted shows a name or a text from outside in a message: printable and short.
func quoted(text string) string {
	return fmt.Sprintf("%q", shorten(oneLine(strings.ToValidUTF8(text, "�")), 40))
}

// bytesText writes a size as people do.
func bytesText(size int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if size >= unit.size {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(size)/float64(unit.size)), ".0") + " " + unit.name
		}
	}
	return fmt.Sprintf("%d bytes", size)
}

func statusText(code int) string { return fmt.Sprintf("%d %s", code, http.StatusText(code)) }
