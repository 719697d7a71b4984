package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"connectcharms/tests/cache"
)

//go:embed testdata/requirements.txt
var requirements string

//go:embed testdata/authority.py
var authorityScript string

// python is the interpreter of an environment with the pinned libraries, made once and kept in the cache.
var python = sync.OnceValues(func() (string, error) {
	kept, err := cache.Dir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(requirements))
	dir := filepath.Join(kept, "python-"+hex.EncodeToString(sum[:6]))
	program := filepath.Join(dir, "bin", "python")
	if _, err := os.Stat(filepath.Join(dir, "whole")); err == nil {
		return program, nil
	}
	list := filepath.Join(kept, "python-requirements.txt")
	if err := errors.Join(os.MkdirAll(kept, 0o755), os.WriteFile(list, []byte(requirements), 0o600)); err != nil {
		return "", err
	}
	for _, command := range [][]string{
		{"python3", "-m", "venv", "--clear", dir},
		{program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", list},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, out)
		}
	}
	return program, os.WriteFile(filepath.Join(dir, "whole"), nil, 0o600)
})

// needPython skips the test where there is no Python or no package index to install from.
func needPython(t *testing.T) string {
	t.Helper()
	program, err := python()
	if err != nil {
		t.Skipf("no Python 3 with the libraries in testdata/requirements.txt: %v", err)
	}
	return program
}

// runPython runs a script, which gets input on stdin and answers on stdout.
func runPython(ctx context.Context, program, script string, input []byte) ([]byte, error) {
	command := exec.CommandContext(ctx, program, "-c", script)
	command.Stdin = bytes.NewReader(input)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("python: %w: %s", err, stderr.Bytes())
	}
	return stdout.Bytes(), nil
}
