// Package supervisor runs a unit's services under Pebble. In a workload container of Kubernetes Pebble is there. Elsewhere
// supervisor brings the daemon up itself, from the binary that the charm ships: as a systemd service where there is
// systemd, else detached from the hook. The services survive the hook and are restarted with a back-off when they die.
// They come back with a daemon of the charm's own; in a container that starts anew they wait for the charm.
//
// It is a module of its own: it links Pebble's client (GPL-3.0), which the library never does.
package supervisor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/canonical/pebble/client"
	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/atomicfile"
)

const (
	// startLimit bounds the wait for a Pebble daemon that was just started; it answers in some 50 ms, on a machine with much to do later.
	startLimit = 30 * time.Second
	// stopGrace is what Pebble itself has to end, when its services have.
	stopGrace = 10 * time.Second
	// changeLimit bounds one start, stop or restart: above the longest kill-delay, so that a service that ignores
	// SIGTERM is killed within it.
	changeLimit = 40 * time.Second
)

// State is what a service does now.
type State struct {
	Status client.ServiceStatus // active, inactive, backoff or error
	Since  time.Time
}

// Running says whether the service's process is there.
func (s State) Running() bool { return s.Status == client.StatusActive }

// Died says whether the service ended by itself: Pebble waits to start it again, or has given up.
func (s State) Died() bool { return s.Status == client.StatusBackoff || s.Status == client.StatusError }

// Supervisor is one unit's Pebble.
type Supervisor struct {
	charm  string // names the layers
	keeper keeper
	socket string
	layers string // where the daemon finds its layers when it comes up by itself; empty: it waits for the charm
	pebble *client.Client
}

// Running says whether Pebble is up.
func (s *Supervisor) Running() bool { return s.keeper.Running() }

// Names lists what is in a directory, in Pebble's view, as far as it fits a pattern of path.Match.
func (s *Supervisor) Names(dir, pattern string) ([]string, error) {
	found, err := s.pebble.ListFiles(&client.ListFilesOptions{Path: dir, Pattern: pattern})
	if err != nil {
		return nil, fmt.Errorf("have Pebble list %s: %w", dir, err)
	}
	names := make([]string, 0, len(found))
	for _, file := range found {
		names = append(names, file.Name())
	}
	return names, nil
}

// ReadFile reads a small file, in Pebble's view.
func (s *Supervisor) ReadFile(path string) ([]byte, error) {
	var content bytes.Buffer
	if err := s.pebble.Pull(&client.PullOptions{Path: path, Target: &content}); err != nil {
		return nil, fmt.Errorf("have Pebble read %s: %w", path, err)
	}
	return content.Bytes(), nil
}

// Ensure makes the plan known to Pebble, starting Pebble where that is ours to do, and starts the services that do not
// run, also where Pebble would wait some time before it tries again. A service that runs keeps running as it is: Restart
// puts its new settings into force.
func (s *Supervisor) Ensure(ctx context.Context, plan Plan) error {
	layer, err := yaml.Marshal(struct {
		Summary string `yaml:"summary"`
		Plan    `yaml:",inline"`
	}{"Services of " + s.charm, plan})
	if err != nil {
		return fmt.Errorf("write Pebble's layer: %w", err)
	}
	if err := s.writeLayer("001-"+s.charm, layer); err != nil {
		return fmt.Errorf("write Pebble's layer: %w", err)
	}
	if _, err := s.keeper.Start(); err != nil {
		return err
	}
	if err := s.answers(ctx); err != nil {
		return err
	}
	if err := s.pebble.AddLayer(&client.AddLayerOptions{Combine: true, Label: s.charm, LayerData: layer}); err != nil {
		return fmt.Errorf("hand Pebble its layer: %w", err)
	}
	return s.startStopped(ctx, plan.Services)
}

// Services says what every service does. All are absent when Pebble itself is not up. It waits for a Pebble that was just
// started, as it is when a machine has come up.
func (s *Supervisor) Services(ctx context.Context) (map[string]State, error) {
	states := map[string]State{}
	if !s.keeper.Running() {
		return states, nil
	}
	if err := s.answers(ctx); err != nil {
		return nil, err
	}
	services, err := s.pebble.Services(&client.ServicesOptions{})
	if err != nil {
		return nil, fmt.Errorf("ask Pebble for its services: %w", err)
	}
	for _, service := range services {
		states[service.Name] = State{Status: service.Current, Since: service.CurrentSince}
	}
	return states, nil
}

// Restart stops a service, by SIGKILL where it does not end within its kill-delay, and starts it anew.
func (s *Supervisor) Restart(ctx context.Context, name string) error {
	change, err := s.pebble.Restart(&client.ServiceOptions{Names: []string{name}})
	return s.wait(ctx, "restart "+name, change, err)
}

// Reload sends a service SIGHUP, at which it reads its files again.
func (s *Supervisor) Reload(name string) error {
	if err := s.pebble.SendSignal(&client.SendSignalOptions{Signal: "SIGHUP", Services: []string{name}}); err != nil {
		return fmt.Errorf("have Pebble tell %s to read its files again: %w", name, err)
	}
	return nil
}

// Halt stops a service and keeps it stopped; one that Pebble does not know is. The layer says so until Ensure hands over
// another.
func (s *Supervisor) Halt(ctx context.Context, name string) error {
	states, err := s.Services(ctx)
	if state, known := states[name]; err != nil || !known || state.Status == client.StatusInactive {
		return err
	}
	change, err := s.pebble.Stop(&client.ServiceOptions{Names: []string{name}})
	return s.wait(ctx, "stop "+name, change, err)
}

// Logs gives the last lines that a service wrote, oldest first.
func (s *Supervisor) Logs(name string, lines int) ([]string, error) {
	var log []string
	err := s.pebble.Logs(&client.LogsOptions{
		Services: []string{name}, N: lines,
		WriteLog: func(entry client.LogEntry) error { log = append(log, entry.Message); return nil },
	})
	if err != nil {
		return nil, fmt.Errorf("ask Pebble for the log of %s: %w", name, err)
	}
	return log, nil
}

// Stop stops every service and Pebble itself.
func (s *Supervisor) Stop(ctx context.Context) error {
	if s.keeper.Running() {
		states, err := s.Services(ctx)
		if err != nil {
			return err
		}
		if names := runningOf(states); len(names) > 0 {
			change, err := s.pebble.Stop(&client.ServiceOptions{Names: names})
			if err := s.wait(ctx, "stop the services", change, err); err != nil {
				return err
			}
		}
	}
	return s.keeper.Stop(ctx, stopGrace)
}

// writeLayer puts a layer where Pebble finds it when it comes up by itself, after a crash or a reboot.
func (s *Supervisor) writeLayer(name string, layer []byte) error {
	if s.layers == "" {
		return nil
	}
	if err := os.MkdirAll(s.layers, 0o755); err != nil {
		return err
	}
	path := filepath.Join(s.layers, name+".yaml")
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, layer) {
		return nil
	}
	return atomicfile.Write(path, layer, 0o600)
}

// answers waits until the daemon answers.
func (s *Supervisor) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := s.pebble.SysInfo()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for Pebble to answer at %s: %w", s.socket, err)
		}
	}
}

func (s *Supervisor) startStopped(ctx context.Context, services map[string]Service) error {
	states, err := s.Services(ctx)
	if err != nil {
		return err
	}
	var stopped []string
	for name := range services {
		if !states[name].Running() {
			stopped = append(stopped, name)
		}
	}
	if len(stopped) == 0 {
		return nil
	}
	sort.Strings(stopped)
	change, err := s.pebble.Restart(&client.ServiceOptions{Names: stopped}) // starts what is stopped
	err = s.wait(ctx, "start the services", change, err)
	var failed *changeError
	if errors.As(err, &failed) {
		return nil // a service that dies at once is its owner's to report: its state says so
	}
	return err
}

// changeError is Pebble's word that a change failed.
type changeError struct{ message string }

func (e *changeError) Error() string { return e.message }

func (s *Supervisor) wait(ctx context.Context, doing, change string, err error) error {
	if err != nil {
		return fmt.Errorf("have Pebble %s: %w", doing, err)
	}
	limit := changeLimit
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	done, err := s.pebble.WaitChange(change, &client.WaitChangeOptions{Timeout: max(limit, time.Millisecond)})
	if err != nil {
		return fmt.Errorf("have Pebble %s: %w", doing, err)
	}
	if done.Err != "" {
		return fmt.Errorf("have Pebble %s: %w", doing, &changeError{done.Err})
	}
	return nil
}

func runningOf(states map[string]State) []string {
	var names []string
	for name, state := range states {
		if state.Status != client.StatusInactive {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}
