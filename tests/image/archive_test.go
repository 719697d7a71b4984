package image

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// archived is an image of one small layer.
func archived(t *testing.T) (path string) {
	t.Helper()
	root, made := t.TempDir(), t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "usr/bin"), 0o755))
	require.NoError(t, os.Symlink("usr/bin", filepath.Join(root, "bin")))
	require.NoError(t, os.WriteFile(filepath.Join(root, "usr/bin/su"), []byte("#!/bin/sh\n"), 0o600))
	require.NoError(t, os.Chmod(filepath.Join(root, "usr/bin/su"), 0o755|os.ModeSetuid))
	require.NoError(t, os.Mkdir(filepath.Join(root, "tmp"), 0o755))
	require.NoError(t, os.Chmod(filepath.Join(root, "tmp"), 0o777|os.ModeSticky))
	layer := filepath.Join(made, "layer.tar.gz")
	require.NoError(t, pack(layer, root))
	recipe, err := readRecipe()
	require.NoError(t, err)
	path = filepath.Join(made, "image.tar")
	require.NoError(t, archive(path, recipe, layer))
	return path
}

func TestAnArchiveHasWhatWasPackedAndBelongsToRoot(t *testing.T) {
	t.Parallel()
	image, err := tarball.ImageFromPath(archived(t), nil)
	require.NoError(t, err)
	content := mutate.Extract(image)
	defer content.Close()
	found := map[string]tar.Header{}
	members := tar.NewReader(content)
	for {
		member, err := members.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		assert.Zero(t, member.Uid+member.Gid, member.Name)
		assert.True(t, member.ModTime.Equal(packTime), member.Name)
		found[filepath.Clean(member.Name)] = *member
	}
	assert.Len(t, found, 5)
	assert.Equal(t, "usr/bin", found["bin"].Linkname)
	assert.Equal(t, int64(0o755), found["usr/bin/su"].Mode, "nothing runs as another account")
	assert.Equal(t, int64(0o1777), found["tmp"].Mode)
}

func TestAnArchiveSaysHowItsImageRuns(t *testing.T) {
	t.Parallel()
	image, err := tarball.ImageFromPath(archived(t), nil)
	require.NoError(t, err)
	file, err := image.ConfigFile()
	require.NoError(t, err)
	assert.Equal(t, "584792", file.Config.User)
	assert.Equal(t, []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, file.Config.Env)
	assert.Equal(t, "kafka-connect", file.Config.Labels["org.opencontainers.image.title"])
	assert.Empty(t, file.Config.Entrypoint, "it is Juju's")
	_, unpacked, err := sizes(archived(t))
	require.NoError(t, err)
	assert.Equal(t, int64(len("#!/bin/sh\n")), unpacked)
}

func TestTheSameContentMakesTheSameBytes(t *testing.T) {
	t.Parallel()
	one, other := archived(t), archived(t)
	first, err := os.ReadFile(one)
	require.NoError(t, err)
	second, err := os.ReadFile(other)
	require.NoError(t, err)
	assert.Equal(t, first, second)
}
