package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
)

// opsCharm is a charm in Python, with its dependencies beside it.
type opsCharm struct {
	dir          string
	requirements string // such as ops==3.9.0
}

// fetchOps makes the charm in testdata/asker, once, in the project's cache: its files, and what it requires in the directory venv.
func fetchOps(ctx context.Context) (opsCharm, error) {
	root, err := charms.Repository()
	if err != nil {
		return opsCharm{}, err
	}
	kept, err := cache.Dir()
	if err != nil {
		return opsCharm{}, err
	}
	source := filepath.Join(root, "tests/bench/testdata/asker")
	sum := sha256.New()
	for _, name := range []string{"requirements.txt", "src/charm.py", "dispatch", "metadata.yaml"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return opsCharm{}, err
		}
		sum.Write(text)
	}
	requirements, err := os.ReadFile(filepath.Join(source, "requirements.txt"))
	if err != nil {
		return opsCharm{}, err
	}
	dir := filepath.Join(kept, "ops-charm-"+hex.EncodeToString(sum.Sum(nil)[:6]))
	isThere := func() bool { _, err := os.Stat(dir); return err == nil }
	charm := opsCharm{dir, strings.TrimSpace(string(requirements))}
	return charm, cache.Once(ctx, dir, isThere, func(building string) error { return layOutOps(ctx, source, building) })
}

// layOutOps copies the charm, and has pip bring what it requires.
func layOutOps(ctx context.Context, source, to string) error {
	if err := os.CopyFS(to, os.DirFS(source)); err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(to, "dispatch"), 0o755); err != nil {
		return err
	}
	install := exec.CommandContext(ctx, "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location",
		"--target", filepath.Join(to, "venv"), "-r", filepath.Join(to, "requirements.txt"))
	if said, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("install what the charm in Python requires: %w: %s", err, said)
	}
	return nil
}
