package plugins

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
)

// bareJar is the name of a jar that is the whole download.
const bareJar = "plugin.jar"

// encryptedFlag is the bit of a zip entry's flags that says so (PKWARE APPNOTE 4.4.4).
const encryptedFlag = 1

// zip writes the files of the zip in source. Its list of files stands at its end, so it goes to a file first. A jar is a
// zip too: one that is all of the download is a plugin of one jar.
func (u *unpacker) zip(source io.Reader) error {
	file, err := u.out.spool()
	if err != nil {
		return diskError(err)
	}
	defer file.Close() // it has no name: it is gone with its handle
	size, err := io.CopyBuffer(diskWriter{file}, source, u.buffer)
	if err != nil {
		return err
	}
	archive, err := openZip(u.ctx, file, size)
	if err != nil {
		return err
	}
	if isJar(archive) {
		return u.entry(entry{name: bareJar, size: size, content: io.NewSectionReader(file, 0, size)})
	}
	if len(archive.File) > u.limits.Files {
		return failed(TooLarge, "more than the limit of %d files", u.limits.Files)
	}
	for _, file := range archive.File {
		if err := u.zipEntry(file); err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacker) zipEntry(file *zip.File) error {
	e := entry{name: file.Name, directory: file.Mode().IsDir(), executable: file.Mode()&0o111 != 0}
	switch {
	case file.Flags&encryptedFlag != 0:
		return failed(UnsafeEntry, "%s is encrypted; pack it without a password", quoted(file.Name))
	case strings.Contains(file.Name, `\`):
		return failed(UnsafeEntry, "%s is named with backslashes; pack it with /", quoted(file.Name))
	case file.Mode()&fs.ModeSymlink != 0:
		return failed(UnsafeEntry, "%s is a link; pack the file itself", quoted(file.Name))
	case !e.directory && !file.Mode().IsRegular():
		return failed(UnsafeEntry, "%s is not a file but a device, a pipe or the like", quoted(file.Name))
	case e.directory:
		return u.entry(e)
	case file.UncompressedSize64 > uint64(u.limits.Unpacked):
		return tooMuch(u.limits.Unpacked)
	}
	content, err := file.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return failed(NotArchive, "%s is packed by method %d; pack it with deflate", quoted(file.Name), file.Method)
	}
	if err != nil {
		return err
	}
	defer content.Close() // nothing was written
	e.size, e.content = int64(file.UncompressedSize64), content
	return u.entry(e)
}

// isJar says whether a zip is itself what Java loads: it has a jar's manifest and classes. What Maven and Confluent pack
// around jars has no such manifest.
func isJar(archive *zip.Reader) bool {
	has := func(is func(name string) bool) bool {
		return slices.ContainsFunc(archive.File, func(file *zip.File) bool { return is(file.Name) })
	}
	return has(func(name string) bool { return name == "META-INF/MANIFEST.MF" }) &&
		has(func(name string) bool { return strings.HasSuffix(name, ".class") })
}

const (
	// longestDirectory is the most bytes read of a zip's or jar's own list of files. The largest jars have some 5 MB of
	// it; one made to exhaust memory can have the whole file.
	longestDirectory = 16 << 20
	// overlap is how often all of a zip may be read: some bytes of each file are read twice.
	overlap = 2
)

// openZip reads the list of files of a zip or jar of size bytes. What can be read of its files afterwards is bounded too:
// a small zip can name the same compressed bytes any number of times, or bytes out of which nothing comes.
func openZip(ctx context.Context, source io.ReaderAt, size int64) (*zip.Reader, error) {
	bounded := &boundedReaderAt{ctx: ctx, source: source, left: longestDirectory}
	archive, err := zip.NewReader(bounded, size)
	if err != nil {
		return nil, err
	}
	bounded.left = longestDirectory + overlap*size
	archive.RegisterDecompressor(zip.Deflate, flate.NewReader) // twice as fast as the standard one
	return archive, nil
}

var errTooLong = errors.New("its list of files or services is too long, or its files overlap")

// boundedReaderAt fails once more than left bytes were read, or its context ended.
type boundedReaderAt struct {
	ctx    context.Context // of this one archive; io.ReaderAt leaves no other way
	source io.ReaderAt
	left   int64
}

func (b *boundedReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errTooLong
	}
	return b.source.ReadAt(p, offset)
}
