package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/charms"
)

// Program is the command connect-manager, built.
type Program struct{ path string }

// BuildProgram builds it in a directory, from the source beside this module.
func BuildProgram(ctx context.Context, dir string) (Program, error) {
	root, err := charms.Repository()
	if err != nil {
		return Program{}, err
	}
	path := filepath.Join(dir, "connect-manager")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/connect-manager")
	build.Dir = filepath.Join(root, "integrator-charm")
	if out, err := build.CombinedOutput(); err != nil {
		return Program{}, fmt.Errorf("build connect-manager: %w: %s", err, out)
	}
	return Program{path}, nil
}

// sync runs one sync of these connectors, as a person would who has them in a file. It says how long that took, and the
// most memory in KiB.
func (p Program) sync(ctx context.Context, endpoint string, desired connectors.Desired) (took time.Duration, memory int64, err error) {
	dir := filepath.Dir(p.path)
	settings := fmt.Sprintf("current-context: bench\ncontexts: {bench: {endpoints: [%q], name-suffix: %s}}\n", endpoint, mark)
	file, config := filepath.Join(dir, "state.json"), filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		return 0, 0, err
	}
	if err := writeState(file, desired); err != nil {
		return 0, 0, err
	}
	command := exec.CommandContext(ctx, p.path, "sync", file, "--config", config, "-o", "json")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	began := time.Now()
	if err := command.Run(); err != nil {
		return 0, 0, fmt.Errorf("connect-manager sync: %w: %s%s", err, stdout.Bytes(), stderr.Bytes())
	}
	took = time.Since(began)
	return took, command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss, nil
}

func writeState(path string, desired connectors.Desired) error {
	type entry struct {
		Name   string            `json:"name"`
		State  string            `json:"state"`
		Config map[string]string `json:"config"`
	}
	entries := []entry{}
	for _, name := range names(len(desired)) {
		entries = append(entries, entry{name, strings.ToLower(string(desired[name].State)), desired[name].Config})
	}
	document, err := json.Marshal(map[string]any{"connectors": entries})
	if err != nil {
		return err
	}
	return os.WriteFile(path, document, 0o600)
}

// Memory measures what a sync of many connectors, with nothing to do, has of it. They are made first.
func (s Sync) Memory(ctx context.Context, endpoint string, number int) error {
	desired := s.wanted(number, connect.Stopped, "a")
	made, err := s.Settle(ctx, endpoint, desired)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "Memory with %d connectors (stopped, made in %s), the whole process:\n\n| | most memory | time |\n|---|--:|--:|\n", number, short(made))
	if s.Program != nil {
		took, memory, err := s.Program.sync(ctx, endpoint, desired)
		if err != nil {
			return err
		}
		s.memoryRow("connect-manager sync", memory, took)
	}
	if s.Peer != nil {
		result, err := s.Peer.run(ctx, peerTask{URL: endpoint, Mode: "read", Names: []string{"all"}})
		if err != nil {
			return err
		}
		s.memoryRow("kafka-connect-py, one listing", result.RSS, result.took())
	}
	fmt.Fprintln(s.Out)
	return nil
}

func (s Sync) memoryRow(who string, memory int64, took time.Duration) {
	fmt.Fprintf(s.Out, "| %s | %.1f MiB | %s |\n", who, float64(memory)/1024, short(took))
}
