// Package image builds the workload image of kafka-connect-k8s from its recipe, provider-charm/image, without docker: for
// clusters that take an image from an archive, and for tests.
//
// It runs the same scripts as the recipe's Containerfile and rockcraft.yaml, on Debian in the place of Ubuntu, from the mirror
// that this host uses already.
package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"connectcharms/tests/cache"
)

// Image is a built image.
type Image struct {
	Archive   string // in the form of `docker save`, which containerd imports too
	Reference string // its name in there, another for each recipe
	Size      int64  // of the archive
	Unpacked  int64  // of the image's files
}

// Build returns the image, out of a cache (cache.Dir) unless its recipe is new to it. Building takes a minute or two. It needs root
// and mmdebstrap for the system, and Maven and Java for Kafka.
func Build(ctx context.Context, kept string) (Image, error) {
	recipe, err := readRecipe()
	if err != nil {
		return Image{}, err
	}
	dir := filepath.Join(kept, "image-"+recipe.digest())
	built := Image{Archive: filepath.Join(dir, "image.tar"), Reference: recipe.reference()}
	err = cache.Once(ctx, dir, exists(built.Archive), func(building string) error {
		system, err := system(ctx, kept, recipe)
		if err != nil {
			return err
		}
		kafka, err := Kafka(ctx, kept)
		if err != nil {
			return err
		}
		layer := filepath.Join(building, "kafka.tar.gz")
		if err := pack(layer, kafka); err != nil {
			return err
		}
		if err := archive(filepath.Join(building, "image.tar"), recipe, system, layer); err != nil {
			return err
		}
		return os.Remove(layer)
	})
	if err == nil {
		built.Size, built.Unpacked, err = sizes(built.Archive)
	}
	if err != nil {
		return Image{}, fmt.Errorf("build the workload image: %w", err)
	}
	return built, nil
}

// system returns the image's first layer, Java and what it needs.
func system(ctx context.Context, kept string, recipe recipe) (layer string, err error) {
	dir := filepath.Join(kept, "image-system-"+recipe.systemDigest())
	layer = filepath.Join(dir, "layer.tar.gz")
	err = cache.Once(ctx, dir, exists(layer), func(building string) error {
		root := filepath.Join(building, "root")
		if err := run(ctx, building, recipe.builder(), recipe.dir, root); err != nil {
			return err
		}
		if err := pack(filepath.Join(building, "layer.tar.gz"), root); err != nil {
			return err
		}
		return os.RemoveAll(root)
	})
	return layer, err
}

// Kafka returns a directory with what the image has of Kafka Connect, as in the image, out of a cache. It is for reading
// only. It needs Maven and Java, and no root.
func Kafka(ctx context.Context, kept string) (root string, err error) {
	recipe, err := readRecipe()
	if err != nil {
		return "", err
	}
	root = filepath.Join(kept, "image-kafka-"+recipe.kafkaDigest())
	err = cache.Once(ctx, root, exists(root), func(building string) error {
		return run(ctx, building, filepath.Join(recipe.dir, "kafka.sh"), building)
	})
	if err != nil {
		return "", fmt.Errorf("lay out the image's Kafka: %w", err)
	}
	return root, nil
}

func exists(path string) func() bool {
	return func() bool { _, err := os.Stat(path); return err == nil }
}
