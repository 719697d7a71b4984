package image

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// archive writes the image of these layers. Its bytes depend on theirs and on the recipe only.
func archive(to string, recipe recipe, layers ...string) error {
	config, err := recipe.config()
	if err != nil {
		return err
	}
	image, err := mutate.ConfigFile(empty.Image, config)
	if err != nil {
		return err
	}
	for _, path := range layers {
		layer, err := tarball.LayerFromFile(path)
		if err != nil {
			return fmt.Errorf("read the layer %s: %w", path, err)
		}
		if image, err = mutate.AppendLayers(image, layer); err != nil {
			return err
		}
	}
	tag, err := name.NewTag(recipe.reference())
	if err != nil {
		return err
	}
	return tarball.WriteToFile(to, tag, image)
}

// WriteAs writes the image's archive with another name in it.
func (i Image) WriteAs(reference, to string) error {
	image, err := tarball.ImageFromPath(i.Archive, nil)
	if err != nil {
		return err
	}
	tag, err := name.NewTag(reference)
	if err != nil {
		return err
	}
	return tarball.WriteToFile(to, tag, image)
}

// config is what the Containerfile says of how the image runs. There is no entry point: Juju's is Pebble.
func (r recipe) config() (*v1.ConfigFile, error) {
	title, err := r.find(`image\.title=(\S+)`)
	if err != nil {
		return nil, err
	}
	user, err := r.find(`^USER (\S+)$`)
	if err != nil {
		return nil, err
	}
	path, err := r.find(`^ENV (PATH=\S+)$`)
	if err != nil {
		return nil, err
	}
	return &v1.ConfigFile{
		OS: "linux", Architecture: runtime.GOARCH,
		Config: v1.Config{
			User: user, Env: []string{path}, WorkingDir: "/",
			Labels: map[string]string{"org.opencontainers.image.title": title, "org.opencontainers.image.version": r.version},
		},
		RootFS: v1.RootFS{Type: "layers"},
	}, nil
}

// sizes is how large an archive is, and what is in it.
func sizes(archive string) (packed, unpacked int64, err error) {
	info, err := os.Stat(archive)
	if err != nil {
		return 0, 0, err
	}
	image, err := tarball.ImageFromPath(archive, nil)
	if err != nil {
		return 0, 0, err
	}
	content := mutate.Extract(image)
	defer content.Close()
	members := tar.NewReader(content)
	for {
		member, err := members.Next()
		if err == io.EOF {
			return info.Size(), unpacked, nil
		}
		if err != nil {
			return 0, 0, fmt.Errorf("read %s: %w", archive, err)
		}
		unpacked += member.Size
	}
}

// packTime is the modification time of all that is in an image.
var packTime = time.Unix(0, 0)

// pack writes what is below root as a layer. All belongs to root, and nothing runs as another account than its caller's.
func pack(layer, root string) error {
	file, err := os.Create(layer)
	if err != nil {
		return err
	}
	defer file.Close()
	compressed := gzip.NewWriter(file)
	members := tar.NewWriter(compressed)
	// WalkDir goes in the order of names.
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		return add(members, root, path, entry)
	})
	if err != nil {
		return fmt.Errorf("pack %s: %w", root, err)
	}
	if err := members.Close(); err != nil {
		return err
	}
	if err := compressed.Close(); err != nil {
		return err
	}
	return file.Close()
}

func add(members *tar.Writer, root, path string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	var target string
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err = os.Readlink(path); err != nil {
			return err
		}
	}
	member, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	below, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	const setID = 0o6000
	name := filepath.ToSlash(below)
	if info.IsDir() {
		name += "/"
	}
	member = &tar.Header{
		Typeflag: member.Typeflag, Name: name, Linkname: target, Size: member.Size, Mode: member.Mode &^ setID, ModTime: packTime,
	}
	if err := members.WriteHeader(member); err != nil || !info.Mode().IsRegular() {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(members, file)
	return err
}
