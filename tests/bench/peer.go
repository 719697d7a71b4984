package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"connectcharms/tests/cache"
)

//go:embed testdata/requirements.txt
var peerRequirements string

//go:embed testdata/peer.py
var peerScript string

// Peer is another client of connectors: kafka-connect-py from PyPI, in a virtual environment of its own.
type Peer struct{ python string }

// FetchPeer installs it, once, in the project's cache.
func FetchPeer(ctx context.Context) (Peer, error) {
	kept, err := cache.Dir()
	if err != nil {
		return Peer{}, err
	}
	sum := sha256.Sum256([]byte(peerRequirements))
	dir := filepath.Join(kept, "peer-"+hex.EncodeToString(sum[:6]))
	python := filepath.Join(dir, "bin", "python")
	isThere := func() bool { _, err := os.Stat(python); return err == nil }
	return Peer{python}, cache.Once(ctx, dir, isThere, func(building string) error {
		for _, command := range [][]string{
			{"python3", "-m", "venv", building},
			{filepath.Join(building, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", strings.TrimSpace(peerRequirements)},
		} {
			if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
				return fmt.Errorf("install kafka-connect-py: %s: %w: %s", strings.Join(command, " "), err, out)
			}
		}
		return nil
	})
}

// peerVersion is the one that is installed.
func peerVersion() string {
	_, version, _ := strings.Cut(strings.TrimSpace(peerRequirements), "==")
	return version
}

// peerTask is what it is to do, with each of the names: put, compare (and put what differs), create, or read (all).
type peerTask struct {
	URL    string            `json:"url"`
	Mode   string            `json:"mode"`
	Config map[string]string `json:"config"`
	Names  []string          `json:"names"`
}

// peerResult is what it says of that.
type peerResult struct {
	Seconds float64 `json:"seconds"`
	Failed  int     `json:"failed"`
	RSS     int64   `json:"rss_kib"`
}

func (r peerResult) took() time.Duration { return time.Duration(r.Seconds * float64(time.Second)) }

func (p Peer) run(ctx context.Context, task peerTask) (result peerResult, err error) {
	input, err := json.Marshal(task)
	if err != nil {
		return peerResult{}, err
	}
	command := exec.CommandContext(ctx, p.python, "-c", peerScript)
	var stdout, stderr bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := command.Run(); err != nil {
		return peerResult{}, fmt.Errorf("kafka-connect-py: %w: %s", err, stderr.Bytes())
	}
	return result, json.Unmarshal(stdout.Bytes(), &result)
}
