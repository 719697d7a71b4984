// Package pebblecommand gives tests the real pebble command, which containers of jujutest run.
package pebblecommand

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

const (
	module  = "github.com/canonical/pebble"
	version = "v1.26.0"
)

// Path is where the command is. It is built once, in a module of its own, so that this library does not depend on Pebble.
var Path = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	target := filepath.Join(cache, "jujutest", "pebble-"+version)
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(target), "pebble") // from where the command can be renamed
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	mod := "module build\n\ngo 1.26.0\n\nrequire " + module + " " + version + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-mod=mod", "-o", filepath.Join(dir, "pebble"), module+"/cmd/pebble")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build Pebble: %w\n%s", err, output)
	}
	return target, os.Rename(filepath.Join(dir, "pebble"), target)
})
