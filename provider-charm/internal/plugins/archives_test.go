package plugins

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
		{"empty body", nil, NotTarball, "the answer is empty"},
		{"zip", zipOf(t, "a.jar", "x"), NotTarball, "a zip"},
		{"empty zip", zipOf(t), NotTarball, "an empty zip"},
		{"html page", []byte("\n<!DOCTYPE html><html><body>Not here</body></html>"), NotTarball, "the answer is an HTML page, not a tarball"},
		{"html page gzip'd", gz(t, []byte("<html></html>")), NotTarball, "the answer is an HTML page, not a tarball"},
		{"json", []byte(`{"error":"no"}`), NotTarball, "the answer is text, not a tarball"},
		{"xz", []byte("\xfd7zXZ\x00rest"), NotTarball, "packed with xz"},
		{"zstd", []byte("\x28\xb5\x2f\xfdrest"), NotTarball, "packed with zstd"},
		{"bzip2", []byte("BZh91AY&SY"), NotTarball, "packed with bzip2"},
		{"noise", bytes.Repeat([]byte{1, 2, 3, 250}, 300), NotTarball, "neither a tar nor a tar.gz"},
		{"gzip of nothing", gz(t, nil), NotTarball, "empty"},
		{"gzip in gzip", gz(t, gz(t, whole)), NotTarball, "gzip in gzip"},
		{"gzip cut in its header", []byte("\x1f\x8b\x08"), BrokenTarball, "cut short"},
		{"gzip cut in the middle", gz(t, whole)[:300], BrokenTarball, "cut short"},
		{"gzip cut in its checksum", gz(t, whole)[:len(gz(t, whole))-3], BrokenTarball, "cut short"},
		{"gzip with a wrong checksum", flipped(gz(t, whole), -6), BrokenTarball, "damaged"},
		{"tar cut in the middle", whole[:1500], BrokenTarball, "cut short"},
		{"tar cut between entries", whole[:1024], BrokenTarball, "cut short"},
		{"tar cut, then gzip'd", gz(t, whole[:1024]), BrokenTarball, "cut short"},
		{"tar with a damaged header", flipped(whole, 1024+150), BrokenTarball, "damaged"},
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
		{"no service manifest", tarOf(t, file("x.jar", zipOf(t, "org/example/A.class", "x"))), NoManifest, "plugin.discovery=service_load"},
		{"manifest of comments", tarOf(t, file("x.jar", zipOf(t, sourceService, "# none\n"))), NoManifest, "no service manifest"},
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
