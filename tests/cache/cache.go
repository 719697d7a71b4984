// Package cache keeps what the project has fetched or built, outside of the source tree: each entry is a directory that is made once.
package cache

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// variable names the environment variable that moves the cache.
const variable = "KAFKA_CONNECT_CHARMS_CACHE"

// Dir is where the cache is: $KAFKA_CONNECT_CHARMS_CACHE, or kafka-connect-charms below the user's cache directory ($XDG_CACHE_HOME).
func Dir() (string, error) {
	if dir := os.Getenv(variable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache directory (set %s to name one): %w", variable, err)
	}
	return filepath.Join(dir, "kafka-connect-charms"), nil
}

// Once fills a directory of the cache where it is not there. It is built beside its place and renamed, so that it is there whole or not at
// all; processes that want it at the same time wait for the first one.
func Once(ctx context.Context, dir string, there func() bool, build func(building string) error) error {
	if there() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("make the cache (set %s to use another directory): %w", variable, err)
	}
	unlock, err := Lock(ctx, dir+".lock")
	if err != nil {
		return fmt.Errorf("wait for another process that makes the same: %w", err)
	}
	defer unlock()
	if there() {
		return nil
	}
	building := dir + ".building"
	for _, leftOver := range []string{building, dir} {
		if err := os.RemoveAll(leftOver); err != nil {
			return fmt.Errorf("remove what an earlier process left: %w", err)
		}
	}
	defer os.RemoveAll(building)
	if err := os.MkdirAll(building, 0o755); err != nil {
		return err
	}
	if err := build(building); err != nil {
		return err
	}
	return os.Rename(building, dir)
}
