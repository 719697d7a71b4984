package plugins

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"
)

const (
	sourceService = "META-INF/services/org.apache.kafka.connect.source.SourceConnector"
	sinkService   = "META-INF/services/org.apache.kafka.connect.sink.SinkConnector"
)

// packed is one entry of a tarball in a test.
type packed struct {
	tar.Header
	content []byte
}

func file(name string, content []byte) packed {
	return packed{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o640}, content}
}

func folder(name string) packed {
	return packed{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o700}, nil}
}

func special(typeflag byte, name, link string) packed {
	return packed{tar.Header{Typeflag: typeflag, Name: name, Linkname: link, Mode: 0o644}, nil}
}

func tarOf(t testing.TB, entries ...packed) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, entry := range entries {
		entry.Size = int64(len(entry.content))
		require.NoError(t, writer.WriteHeader(&entry.Header))
		_, err := writer.Write(entry.content)
		require.NoError(t, err)
	}
	require.NoError(t, writer.Close())
	return buffer.Bytes()
}

func gz(t testing.TB, content []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	_, err := writer.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return buffer.Bytes()
}

// zipOf makes a jar or a zip of names and contents in turn.
func zipOf(t testing.TB, namesAndContents ...string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := zip.NewWriter(&buffer)
	for i := 0; i < len(namesAndContents); i += 2 {
		entry, err := writer.Create(namesAndContents[i])
		require.NoError(t, err)
		_, err = io.WriteString(entry, namesAndContents[i+1])
		require.NoError(t, err)
	}
	require.NoError(t, writer.Close())
	return buffer.Bytes()
}

func zstdOf(t testing.TB, content []byte) []byte {
	t.Helper()
	writer, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return writer.EncodeAll(content, nil)
}

func xzOf(t testing.TB, content []byte) []byte { return xzWith(t, xz.WriterConfig{}, content) }

func xzWith(t testing.TB, config xz.WriterConfig, content []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer, err := config.NewWriter(&buffer)
	require.NoError(t, err)
	_, err = writer.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return buffer.Bytes()
}

// zstdWindow is the beginning of a zstd frame whose header asks for a window of size bytes (RFC 8878, 3.1.1.1.2).
func zstdWindow(size int) []byte {
	exponent := bits.Len(uint(size)) - 1 - 10
	return []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte(exponent << 3), 1, 0, 0}
}

// xzWindow is an xz stream that asks for a larger dictionary than is given.
func xzWindow(t testing.TB) []byte {
	return xzWith(t, xz.WriterConfig{DictCap: 2 * longestWindow}, []byte("small"))
}

// pluginZip is pluginTar's plugin as Confluent Hub packs one.
func pluginZip(t testing.TB) []byte {
	return zipOf(
		t, "example-1.0/", "", "example-1.0/manifest.json", "{}",
		"example-1.0/lib/example.jar", string(zipOf(t, sourceService, "org.example.Source", sinkService, "org.example.Sink")),
		"example-1.0/lib/helper.jar", string(zipOf(t, sourceService, "org.example.Other")),
	)
}

// patchedZip is a zip of one file whose header was changed.
func patchedZip(t testing.TB, change func(*zip.FileHeader)) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := zip.NewWriter(&buffer)
	header := &zip.FileHeader{Name: "a.jar", CRC32: 0x3610a686, CompressedSize64: 5, UncompressedSize64: 5}
	change(header)
	entry, err := writer.CreateRaw(header)
	require.NoError(t, err)
	_, err = io.WriteString(entry, "hello")
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return buffer.Bytes()
}

// overlappingZip names the bytes of one file of size bytes many times: in the list of files, not in what precedes it.
func overlappingZip(t testing.TB, times, size int) []byte {
	t.Helper()
	one := zipOf(t, "000.jar", string(make([]byte, size)))
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	start := int(binary.LittleEndian.Uint32(one[end+16:]))
	bomb := bytes.Clone(one[:start])
	for i := range times {
		listed := bytes.Clone(one[start:end])
		copy(listed[46:], fmt.Sprintf("%03d.jar", i))
		bomb = append(bomb, listed...)
	}
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(times))
	binary.LittleEndian.PutUint16(tail[10:], uint16(times))
	binary.LittleEndian.PutUint32(tail[12:], uint32(times*(end-start)))
	return append(bomb, tail...)
}

func sourceJar(t testing.TB, class string) packed {
	return file("plugin/"+class+".jar", zipOf(t, sourceService, class+"\n"))
}

// pluginTar is a sound plugin, as the build of a connector makes it.
func pluginTar(t testing.TB) []byte {
	return tarOf(
		t, folder("./"), folder("./example-connector"),
		file("./example-connector/example.jar", zipOf(
			t, sourceService, "# ours\n\norg.example.Source # the only one\n", sinkService, "org.example.Sink",
			"org/example/Source.class", "\xca\xfe\xba\xbe",
			"META-INF/services/java.sql.Driver", "org.example.Driver",
		)),
		file("./example-connector/lib/helper.JAR", zipOf(t, sourceService, "org.example.Source\r\norg.example.Other")),
		file("./example-connector/README.md", []byte("# Example\n")),
	)
}

var pluginClasses = []string{"org.example.Other", "org.example.Sink", "org.example.Source"}

func sumOf(content []byte) Digest {
	sum := sha256.Sum256(content)
	return Digest(hex.EncodeToString(sum[:]))
}

// badArchive is a body that is no plugin, and how that is said.
type badArchive struct {
	name   string
	body   []byte
	reason Reason
	says   string
}

func badArchives(t testing.TB) []badArchive {
	sound := sourceJar(t, "org.example.A")
	whole := pluginTar(t)
	return []badArchive{
		{"empty body", nil, NotArchive, "the answer is empty"},
		{"empty zip", zipOf(t), NoJar, "no jar inside"},
		{"zip without a jar", zipOf(t, "README.md", "x"), NoJar, "no jar inside"},
		{"zip in gzip", gz(t, pluginZip(t)), NotArchive, "zip in gzip"},
		{"zip without its list of files", pluginZip(t)[:200], BrokenArchive, "damaged"},
		{"zip with a wrong checksum", flipped(zipOf(t, "a.jar", "content"), 40), BrokenArchive, "damaged"},
		{"zip with a password", patchedZip(t, func(h *zip.FileHeader) { h.Flags |= 1 }), UnsafeEntry, "is encrypted"},
		{"zip by an unknown method", patchedZip(t, func(h *zip.FileHeader) { h.Method = 99 }), NotArchive, "packed by method 99"},
		{"zip with a symbolic link", patchedZip(t, func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }), UnsafeEntry, "a link"},
		{"zip with a device", patchedZip(t, func(h *zip.FileHeader) { h.SetMode(fs.ModeDevice | 0o600) }), UnsafeEntry, "a device"},
		{"zip with backslashes", zipOf(t, `lib\a.jar`, "x"), UnsafeEntry, "backslashes"},
		{"zip that leads out", zipOf(t, "../a.jar", "x"), UnsafeEntry, "leads out"},
		{"zip of an absolute path", zipOf(t, "/etc/cron.d/job", "x"), UnsafeEntry, "absolute path"},
		{"zip of a name twice", zipOf(t, "a.jar", "x", "./a.jar", "x"), UnsafeEntry, "twice"},
		{"zip of the store's own record", zipOf(t, ".plugin.json", "{}"), UnsafeEntry, "keeps for itself"},
		{"zip of the store's own jar", zipOf(t, "connect-services.jar", "x"), UnsafeEntry, "keeps for itself"},
		{"zstd in gzip", gz(t, zstdOf(t, whole)), NotArchive, "zstd in gzip"},
		{"zstd cut in the middle", zstdOf(t, whole)[:300], BrokenArchive, "cut short"},
		{"zstd of noise", []byte("\x28\xb5\x2f\xfdrest of it"), BrokenArchive, ""},
		{"xz cut in the middle", xzOf(t, whole)[:300], BrokenArchive, "cut short"},
		{"xz of noise", []byte("\xfd7zXZ\x00rest of it"), BrokenArchive, "damaged"},
		{"xz with a wrong checksum", flipped(xzOf(t, whole), 200), BrokenArchive, "damaged"},
		{"html page", []byte("\n<!DOCTYPE html><html><body>Not here</body></html>"), NotArchive, "the answer is an HTML page, not a tarball or zip"},
		{"html page gzip'd", gz(t, []byte("<html></html>")), NotArchive, "the answer is an HTML page, not a tarball or zip"},
		{"json", []byte(`{"error":"no"}`), NotArchive, "the answer is text, not a tarball or zip"},
		{"bzip2", []byte("BZh91AY&SY"), NotArchive, "packed with bzip2"},
		{"noise", bytes.Repeat([]byte{1, 2, 3, 250}, 300), NotArchive, "neither a tarball nor a zip"},
		{"gzip of nothing", gz(t, nil), NotArchive, "empty"},
		{"gzip in gzip", gz(t, gz(t, whole)), NotArchive, "gzip in gzip"},
		{"gzip cut in its header", []byte("\x1f\x8b\x08"), BrokenArchive, "cut short"},
		{"gzip cut in the middle", gz(t, whole)[:300], BrokenArchive, "cut short"},
		{"gzip cut in its checksum", gz(t, whole)[:len(gz(t, whole))-3], BrokenArchive, "cut short"},
		{"gzip with a wrong checksum", flipped(gz(t, whole), -6), BrokenArchive, "damaged"},
		{"tar cut in the middle", whole[:1500], BrokenArchive, "cut short"},
		{"tar cut between entries", whole[:1024], BrokenArchive, "cut short"},
		{"tar cut, then gzip'd", gz(t, whole[:1024]), BrokenArchive, "cut short"},
		{"tar with a damaged header", flipped(whole, 1024+150), BrokenArchive, "damaged"},
		{"parent directory", tarOf(t, sound, file("../outside.jar", nil)), UnsafeEntry, "leads out"},
		{"parent directory inside", tarOf(t, sound, file("a/../../outside.jar", nil)), UnsafeEntry, "leads out"},
		{"absolute path", tarOf(t, sound, file("/etc/cron.d/job", nil)), UnsafeEntry, "absolute path"},
		{"symbolic link outside", tarOf(t, sound, special(tar.TypeSymlink, "passwd", "/etc/passwd")), UnsafeEntry, "a link"},
		{"symbolic link inside", tarOf(t, sound, special(tar.TypeSymlink, "b.jar", "a.jar")), UnsafeEntry, "a link"},
		{"hard link", tarOf(t, sound, special(tar.TypeLink, "b.jar", sound.Name)), UnsafeEntry, "a link"},
		{"character device", tarOf(t, sound, special(tar.TypeChar, "null", "")), UnsafeEntry, "a device"},
		{"block device", tarOf(t, sound, special(tar.TypeBlock, "sda", "")), UnsafeEntry, "a device"},
		{"fifo", tarOf(t, sound, special(tar.TypeFifo, "pipe", "")), UnsafeEntry, "a pipe"},
		{"same name twice", tarOf(t, sound, sound), UnsafeEntry, "twice"},
		{"same name twice, written otherwise", tarOf(t, file("a/b", nil), file("./a//b", nil)), UnsafeEntry, "twice"},
		{"file, then directory", tarOf(t, file("a", nil), file("a/b.jar", nil)), UnsafeEntry, "twice"},
		{"directory, then file", tarOf(t, folder("a"), file("a", nil)), UnsafeEntry, "twice"},
		{"file in place of the top", tarOf(t, file(".", nil)), UnsafeEntry, "twice"},
		{"long element", tarOf(t, file(strings.Repeat("x", 256)+".jar", nil)), UnsafeEntry, "too long"},
		{"long name", tarOf(t, file(strings.Repeat("long/", 300)+"x.jar", nil)), UnsafeEntry, "too long"},
		{"the store's own record", tarOf(t, file("./.plugin.json", []byte("{}"))), UnsafeEntry, "keeps for itself"},
		{"no jar", tarOf(t, file("README.md", []byte("hello"))), NoJar, "no jar inside"},
		{"empty tar", tarOf(t), NoJar, "no jar inside"},
		{"a folder called jar", tarOf(t, folder("x.jar")), NoJar, "no jar inside"},
		{"no service manifest", tarOf(t, file("x.jar", zipOf(t, "org/example/A.class", "x"))), NoClass, "hold no connector"},
		{"manifest of comments", tarOf(t, file("x.jar", zipOf(t, sourceService, "# none\n"))), NoClass, "hold no connector"},
		{"manifest naming no class", tarOf(t, file("x.jar", zipOf(t, sourceService, "org example"))), BrokenJar, "which is no class"},
		{"endless manifest", tarOf(t, file("x.jar", zipOf(t, sourceService, strings.Repeat("#", longestManifests+1)))), BrokenJar, "too long"},
		{"broken jar", tarOf(t, sound, file("broken.jar", []byte("PK\x03\x04 not really"))), BrokenJar, `"broken.jar" inside is broken`},
		{"cut jar", tarOf(t, file("cut.jar", sound.content[:len(sound.content)-5])), BrokenJar, `"cut.jar" inside is broken`},
	}
}

// flipped returns a copy with one byte changed; a negative index counts from the end.
func flipped(content []byte, index int) []byte {
	changed := bytes.Clone(content)
	if index < 0 {
		index += len(changed)
	}
	changed[index] ^= 0xff
	return changed
}
