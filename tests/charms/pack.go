package charms

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"connectcharms/requirer-lib/atomicfile"
)

// Archive is a packed charm.
type Archive struct {
	Charm  string // its name in the metadata
	Path   string
	Size   int // bytes
	SHA256 string
	Bill   string // path of what it is made of, in CycloneDX's form
}

// Arches are the architectures that charms are packed for, in the words of Go, Debian and Juju.
var Arches = []string{"amd64", "arm64"}

// Pack packs the charms for one architecture into dir, as NAME_BASE@CHANNEL-ARCH.charm, which is how charmcraft names
// them, each with its bill of materials beside it. The same source and the same Go give the same bytes, on any machine and in any directory. The directories that
// were packed stay below dir/unpacked/ARCH: Go need not link again what is in them, and charmcraft takes them from there.
func Pack(ctx context.Context, dir, arch string) ([]Archive, error) {
	root, err := Repository()
	if err != nil {
		return nil, err
	}
	return packFrom(ctx, root, dir, arch)
}

func packFrom(ctx context.Context, root, dir, arch string) ([]Archive, error) {
	var all []Archive
	for _, charm := range recipe {
		packed, err := charm.pack(ctx, root, dir, arch)
		if err == nil && charm.of != "" {
			err = charm.writeProject(root, dir)
		}
		if err != nil {
			return nil, fmt.Errorf("pack charm %s: %w", charm.name, err)
		}
		all = append(all, packed...)
	}
	return all, nil
}

// pack makes one archive for each platform of the architecture.
func (c charm) pack(ctx context.Context, root, dir, arch string) ([]Archive, error) {
	project, err := c.project(root)
	if err != nil {
		return nil, err
	}
	platforms := project.platformsFor(arch)
	if len(platforms) == 0 {
		return nil, fmt.Errorf("its charmcraft.yaml has no platform of architecture %q", arch)
	}
	files, err := c.build(ctx, root, project, filepath.Join(dir, "unpacked", arch, c.name), machine{"linux", arch})
	if err != nil {
		return nil, err
	}
	var all []Archive
	for _, platform := range platforms {
		archive, err := c.packFor(platform, files, dir)
		if err != nil {
			return nil, err
		}
		all = append(all, archive)
	}
	return all, nil
}

func (c charm) packFor(p platform, files files, dir string) (Archive, error) {
	var err error
	if files["manifest.yaml"], err = manifest(p); err != nil {
		return Archive{}, err
	}
	content, err := files.zip()
	if err != nil {
		return Archive{}, err
	}
	path := filepath.Join(dir, c.name+"_"+strings.ReplaceAll(p.label, ":", "-")+".charm")
	if err := atomicfile.Write(path, content, 0o644); err != nil {
		return Archive{}, err
	}
	digest := sha256.Sum256(content)
	archive := Archive{
		Charm: c.name, Path: path, Size: len(content), SHA256: hex.EncodeToString(digest[:]),
		Bill: strings.TrimSuffix(path, ".charm") + ".cdx.json",
	}
	bill, err := c.bill(archive, files)
	if err != nil {
		return Archive{}, err
	}
	return archive, atomicfile.Write(archive.Bill, bill, 0o644)
}

// zip packs the files in the order of their names, all of them from the first moment that zip can name.
func (f files) zip() ([]byte, error) {
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(mode(name))
		to, err := archive.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(f[name]); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}
