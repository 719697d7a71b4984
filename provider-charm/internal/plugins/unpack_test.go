package plugins

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sparseTar is a tarball of one file, all of it a hole of size bytes, in GNU's old format: archive/tar does not write it.
func sparseTar(size int64) []byte {
	header := make([]byte, tarBlock)
	copy(header, "hole.jar")
	copy(header[100:], "0000644\x000000000\x000000000\x00")
	copy(header[124:], "00000000000\x0000000000000\x00        ")
	header[156] = 'S'
	copy(header[257:], "ustar  \x00")
	copy(header[483:], base256(size))
	sum := 0
	for _, b := range header {
		sum += int(b)
	}
	copy(header[148:], fmt.Sprintf("%06o\x00 ", sum))
	return append(header, make([]byte, 2*tarBlock)...)
}

// base256 writes a number as GNU tar does when octal digits do not suffice.
func base256(number int64) []byte {
	field := make([]byte, 12)
	for i := len(field) - 1; number > 0; i-- {
		field[i] = byte(number)
		number >>= 8
	}
	field[0] |= 0x80
	return field
}

func FuzzUnpack(f *testing.F) {
	plain := pluginTar(f)
	for _, seed := range [][]byte{
		plain, gz(f, plain), gz(f, gz(f, plain)), append(gz(f, plain[:700]), gz(f, plain[700:])...),
		append(gz(f, plain), "trailing"...), sparseTar(100), sparseTar(1 << 40),
		zstdOf(f, plain), xzOf(f, plain), pluginZip(f), overlappingZip(f, 20, 1000),
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	for _, bad := range badArchives(f) {
		if len(bad.body) < 64<<10 {
			f.Add(bad.body, false)
		}
	}
	limits := Limits{Unpacked: 1 << 20, Files: 50}
	f.Fuzz(func(t *testing.T, body []byte, encoded bool) {
		around := t.TempDir()
		inside := filepath.Join(around, "inside")
		require.NoError(t, os.Mkdir(inside, 0o755))
		out, err := openDirectory(inside)
		require.NoError(t, err)
		defer out.Close()
		source := bytes.NewReader(body)
		u := newUnpacker(t.Context(), out, limits)
		size, err := u.unpack(source, encoded)
		u.Close()
		if err != nil {
			var named *InstallError
			require.ErrorAs(t, err, &named)
			require.NotEqual(t, Disk, named.Reason, "the archive made the disk fail: %v", err)
		} else {
			_, more := source.ReadByte()
			require.Error(t, more, "bytes were left unhashed")
		}
		requireHarmless(t, around, size, limits)
	})
}

// requireHarmless checks that an archive made nothing but plain files and directories, inside, and within its limits.
func requireHarmless(t *testing.T, around string, size int64, limits Limits) {
	t.Helper()
	entries, total := -2, int64(0) // not counted: around and inside
	require.NoError(t, filepath.WalkDir(around, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		require.True(t, path == around || strings.HasPrefix(path, filepath.Join(around, "inside")), path)
		info, err := entry.Info()
		require.NoError(t, err)
		entries++
		if entry.IsDir() {
			return nil
		}
		require.Contains(t, []fs.FileMode{0o644, 0o755}, info.Mode(), path)
		total += info.Size()
		return nil
	}))
	require.LessOrEqual(t, entries, limits.Files)
	require.LessOrEqual(t, total, limits.Unpacked)
	require.Equal(t, size, total)
}

func FuzzJar(f *testing.F) {
	f.Add(zipOf(f, sourceService, "org.example.A\n# comment\n"))
	f.Add(zipOf(f))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, jar []byte) {
		offered, err := manifestsOf(t, jar)
		if err != nil {
			return
		}
		require.LessOrEqual(t, offered.size, int64(longestManifests))
		for _, class := range listed(offered.named) {
			require.NotEmpty(t, class)
			require.False(t, strings.ContainsAny(class, " \n\t#/"), class)
		}
	})
}

func manifestsOf(t testing.TB, jar []byte) (offer, error) {
	offered := offer{named: map[string][]string{}}
	archive, err := openZip(t.Context(), bytes.NewReader(jar), int64(len(jar)))
	if err != nil {
		return offer{}, err
	}
	return offered, offered.readManifests(archive)
}

func TestJarThatNamesOneManifestAThousandTimesIsRefused(t *testing.T) {
	t.Parallel()
	var names []string
	for range 1000 {
		names = append(names, sourceService, strings.Repeat("# comment\n", 200))
	}
	_, err := manifestsOf(t, zipOf(t, names...))
	assert.ErrorIs(t, err, errTooLong)
}

func TestJarWithAHugeListOfFilesIsRefused(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range longestDirectory / 60_000 {
		names = append(names, fmt.Sprintf("%060000d", i), "")
	}
	_, err := manifestsOf(t, zipOf(t, append(names, names...)...))
	assert.ErrorIs(t, err, errTooLong)
}
