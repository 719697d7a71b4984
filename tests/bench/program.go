package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/charms"
)

// Program is the command connect-manager, built.
type Program struct{ path string }

// BuildProgram builds it in a directory, as it is in the charm.
func BuildProgram(ctx context.Context, dir string) (Program, error) {
	path, err := charms.BuildManager(ctx, dir)
	return Program{path}, err
}

// sync runs one sync of these connectors, as a person would who has them in a file. It says how long that took, and the
// most memory in KiB.
func (p Program) sync(ctx context.Context, endpoint string, desired connectors.Desired) (took time.Duration, memory int64, err error) {
	config, err := p.configure(endpoint, desired)
	if err != nil {
		return 0, 0, err
	}
	command := exec.CommandContext(ctx, p.path, "sync", "--config", config, "-o", "json")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	began := time.Now()
	if err := command.Run(); err != nil {
		return 0, 0, fmt.Errorf("connect-manager sync: %w: %s%s", err, stdout.Bytes(), stderr.Bytes())
	}
	return time.Since(began), maxRSS(command), nil
}

// serve runs the daemon, has it sync twice, and says how long the second one took over its socket, and the daemon's most
// memory in KiB.
func (p Program) serve(ctx context.Context, endpoint string, desired connectors.Desired) (took time.Duration, memory int64, err error) {
	config, err := p.configure(endpoint, desired)
	if err != nil {
		return 0, 0, err
	}
	ctx, end := context.WithTimeout(ctx, daemonPatience)
	defer end()
	command := exec.CommandContext(ctx, p.path, "serve", "--config", config)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		return 0, 0, err
	}
	for range 2 {
		if took, err = p.ask(ctx); err != nil {
			break
		}
	}
	end()
	_ = command.Wait() // it was told to end
	if err != nil {
		return 0, 0, fmt.Errorf("connect-manager serve: %w: %s", err, stderr.Bytes())
	}
	return took, maxRSS(command), nil
}

const daemonPatience = 5 * time.Minute

// ask has the daemon sync, as soon as it answers.
func (p Program) ask(ctx context.Context) (time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(filepath.Dir(p.path), "socket"))
	}}}
	defer client.CloseIdleConnections()
	for {
		began := time.Now()
		err := bare(ctx, client, http.MethodPost, "http://daemon/connectors/sync", nil)
		if err == nil || ctx.Err() != nil {
			return time.Since(began), err
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return 0, err
		}
	}
}

// configure writes the program's configuration, and the state file that it names.
func (p Program) configure(endpoint string, desired connectors.Desired) (path string, err error) {
	dir := filepath.Dir(p.path)
	state, path := filepath.Join(dir, "state.json"), filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("current-context: bench\ncontexts: {bench: {endpoints: [%q], name-suffix: %s, state: %q}}\nserve: {socket: %q, data: %q, interval: 24h}\n",
		endpoint, mark, state, filepath.Join(dir, "socket"), filepath.Join(dir, "data"))
	return path, errors.Join(os.WriteFile(path, []byte(text), 0o600), writeState(state, desired))
}

func maxRSS(command *exec.Cmd) int64 { return command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss }

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
