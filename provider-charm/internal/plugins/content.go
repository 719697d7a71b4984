package plugins

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
)

// kind is what a stream is, as its first bytes tell. Neither the URL's ending nor the server's Content-Type is asked:
// plugin servers get both wrong.
type kind string

const (
	plainTar kind = "tar"
	plainZip kind = "zip"
	gzipped  kind = "gzip"
	zstded   kind = "zstd"
	xzed     kind = "xz"
)

func (k kind) compressed() bool { return k == gzipped || k == zstded || k == xzed }

var kinds = []struct {
	kind  kind
	magic string
}{
	{gzipped, "\x1f\x8b"},
	{zstded, "\x28\xb5\x2f\xfd"},
	{xzed, "\xfd7zXZ\x00"},
	{plainZip, "PK\x03\x04"},
	{plainZip, "PK\x05\x06"}, // of no files
}

// unread are packings that are told by their first bytes and that plugins are not read from.
var unread = []struct{ name, magic string }{
	{"packed with bzip2", "BZh"},
	{"a 7z archive", "7z\xbc\xaf\x27\x1c"},
}

// kindOf tells what a stream is without consuming it. What it does not know may be a tar without the ustar magic, as
// Unix version 7 wrote it: the tar reader decides.
func kindOf(source *bufio.Reader) (kind, error) {
	start, err := source.Peek(tarBlock)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return "", readError(err)
	case len(start) == 0:
		return "", failed(NotArchive, "the answer is empty")
	case len(start) >= 262 && string(start[257:262]) == "ustar":
		return plainTar, nil
	}
	for _, known := range kinds {
		if bytes.HasPrefix(start, []byte(known.magic)) {
			return known.kind, nil
		}
	}
	for _, packing := range unread {
		if bytes.HasPrefix(start, []byte(packing.magic)) {
			return "", failed(NotArchive, "%s; publish a .tar.gz or a .zip", packing.name)
		}
	}
	switch mediaType, _, _ := strings.Cut(http.DetectContentType(start), ";"); {
	case mediaType == "text/html":
		return "", failed(NotArchive, "the answer is an HTML page, not a tarball or zip")
	case strings.HasPrefix(mediaType, "text/"):
		return "", failed(NotArchive, "the answer is text, not a tarball or zip")
	default:
		return plainTar, nil
	}
}
