package kafka

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/tests/cache"
)

// Artifact is one file that Maven has.
type Artifact struct {
	// Coordinates are GROUP:ARTIFACT:VERSION:PACKAGING:CLASSIFIER.
	Coordinates string
	// SHA256 is what the file must be, in hex.
	SHA256 string
}

// FetchArtifact returns where the file is in the cache, after a download when it is not there. It waits and fails as Fetch
// does.
func FetchArtifact(ctx context.Context, artifact Artifact, progress io.Writer) (path string, err error) {
	kept, err := cache.Dir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(kept, strings.ReplaceAll(artifact.Coordinates, ":", "_"))
	path = filepath.Join(dir, "file")
	there := func() bool { _, err := os.Stat(path); return err == nil }
	err = cache.Once(ctx, dir, there, func(building string) error { return artifact.download(ctx, building, progress) })
	if err != nil {
		return "", fmt.Errorf("fetch %s: %w", artifact.Coordinates, err)
	}
	return path, nil
}

func (a Artifact) download(ctx context.Context, dir string, progress io.Writer) error {
	err := Maven(ctx, progress, "downloading "+a.Coordinates+" with Maven",
		"dependency:copy", "-Dartifact="+a.Coordinates, "-DoutputDirectory="+dir)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("it left %d files, one was expected", len(files))
	}
	if digest, err := digestOf(files[0]); err != nil || digest != a.SHA256 {
		return fmt.Errorf("its SHA-256 is %s, recorded is %s: %w", digest, a.SHA256, os.ErrInvalid)
	}
	return os.Rename(files[0], filepath.Join(dir, "file"))
}
