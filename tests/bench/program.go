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
type Program struct {
	path  string
	meter *Meter
}

// Manager builds it in a directory of its own, as it is in the charm.
func (s *Stage) Manager(ctx context.Context) (Program, error) {
	dir, err := os.MkdirTemp(s.Dir, "manager")
	if err != nil {
		return Program{}, err
	}
	meter, err := s.NewMeter(ctx)
	if err != nil {
		return Program{}, err
	}
	path, err := charms.BuildManager(ctx, dir)
	return Program{path, meter}, err
}

// sync runs one sync of these connectors, as a person would who has them in a file.
func (p Program) sync(ctx context.Context, endpoint string, desired connectors.Desired) (Cost, error) {
	config, err := p.configure(endpoint, desired)
	if err != nil {
		return Cost{}, err
	}
	if said, err := p.meter.Command(ctx, p.path, "sync", "--config", config, "-o", "json").CombinedOutput(); err != nil {
		return Cost{}, fmt.Errorf("connect-manager sync: %w: %s", err, said)
	}
	costs, err := p.meter.Take()
	if err == nil && len(costs) != 1 {
		err = fmt.Errorf("connect-manager sync was measured %d times", len(costs))
	}
	if err != nil {
		return Cost{}, err
	}
	return costs[0], nil
}

// interval is how often the daemon looks: as often as it can be told to.
const interval = time.Second

// daemon is connect-manager serve, at work.
type daemon struct {
	command *exec.Cmd
	socket  *http.Client // of its API
	stderr  bytes.Buffer
	end     context.CancelFunc
}

// serve starts the daemon, and returns when it has synced once.
func (p Program) serve(ctx context.Context, endpoint string, desired connectors.Desired) (*daemon, error) {
	config, err := p.configure(endpoint, desired)
	if err != nil {
		return nil, err
	}
	serving, end := context.WithCancel(ctx)
	d := &daemon{end: end, command: exec.CommandContext(serving, p.path, "serve", "--config", config)}
	d.command.Cancel = func() error { return d.command.Process.Signal(syscall.SIGTERM) }
	d.command.Stderr = &d.stderr
	d.socket = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(filepath.Dir(p.path), "socket"))
	}}}
	if err := d.command.Start(); err != nil {
		end()
		return nil, err
	}
	if _, err := d.sync(ctx); err != nil {
		d.stop()
		return nil, fmt.Errorf("connect-manager serve: %w: %s", err, d.stderr.Bytes())
	}
	return d, nil
}

// stop ends the daemon.
func (d *daemon) stop() {
	d.end()
	_ = d.command.Wait() // it was told to end
	d.socket.CloseIdleConnections()
}

// sync has the daemon sync, as soon as it answers.
func (d *daemon) sync(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, daemonPatience)
	defer cancel()
	for {
		began := time.Now()
		err := bare(ctx, d.socket, http.MethodPost, "http://daemon/connectors/sync", nil)
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

const daemonPatience = 5 * time.Minute

// get asks the daemon for a document, as the page does.
func (d *daemon) get(ctx context.Context, path string) (time.Duration, error) {
	began := time.Now()
	err := bare(ctx, d.socket, http.MethodGet, "http://daemon"+path, nil)
	return time.Since(began), err
}

// configure writes the program's configuration, and the state file that it names.
func (p Program) configure(endpoint string, desired connectors.Desired) (path string, err error) {
	dir := filepath.Dir(p.path)
	state, path := filepath.Join(dir, "state.json"), filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("current-context: bench\ncontexts: {bench: {endpoints: [%q], name-suffix: %s, state: %q}}\nserve: {socket: %q, listen: none, data: %q, interval: %s}\n",
		endpoint, mark, state, filepath.Join(dir, "socket"), filepath.Join(dir, "data"), interval)
	return path, errors.Join(os.WriteFile(path, []byte(text), 0o600), writeState(state, desired))
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
	// Of a file that is just being written, a second look is taken a quarter of a second later: this one lies there.
	anHourAgo := time.Now().Add(-time.Hour)
	return errors.Join(os.WriteFile(path, document, 0o600), os.Chtimes(path, anHourAgo, anHourAgo))
}
