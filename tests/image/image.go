// Package image lays out what the workload image of kafka-connect-k8s has in /opt/kafka, from the same folder as its
// Containerfile and rockcraft.yaml do: for tests, and for whoever makes an image without their tools.
package image

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/tests/charms"
)

// folder has the image's recipe; it is relative to the repository.
const folder = "provider-charm/image"

// Kafka is where the image has Kafka.
const Kafka = "opt/kafka"

// LayOut makes the image's part of Kafka below root. The jars are linked (or copied, across file systems) from a directory
// that has them, such as the libs of package kafka; each must be the recorded one.
func LayOut(root, jars string) error {
	repository, err := charms.Repository()
	if err != nil {
		return err
	}
	recipe, kafka := filepath.Join(repository, folder), filepath.Join(root, Kafka)
	for _, name := range []string{"bin", "config"} {
		if err := os.CopyFS(filepath.Join(kafka, name), os.DirFS(filepath.Join(recipe, name))); err != nil {
			return fmt.Errorf("lay out the image: %w", err)
		}
	}
	sums, err := os.ReadFile(filepath.Join(recipe, "jars.sha256"))
	if err != nil {
		return fmt.Errorf("lay out the image: %w", err)
	}
	libs := filepath.Join(kafka, "libs")
	if err := os.MkdirAll(libs, 0o755); err != nil {
		return fmt.Errorf("lay out the image: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(sums))
	for lines.Scan() {
		digest, name, _ := strings.Cut(lines.Text(), "  ")
		if err := place(filepath.Join(jars, name), filepath.Join(libs, name), digest); err != nil {
			return fmt.Errorf("lay out the image: %w", err)
		}
	}
	return lines.Err()
}

// place puts one jar where it belongs.
func place(from, to, digest string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, source); err != nil {
		return err
	}
	if is := hex.EncodeToString(sum.Sum(nil)); is != digest {
		return fmt.Errorf("%s has the digest %s, and %s is recorded", from, is, digest)
	}
	if os.Link(from, to) == nil {
		return nil
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}
