package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"connectcharms/requirer-lib/jujutest/conformance"
)

// recordings is where units record, when nothing tells them of another place.
const recordings = "/var/lib/conformance"

// Machines is a model of the local controller, with one machine for all units.
type Machines struct {
	client
	controller string // the script of that name
	machine    string // as the script knows it
}

// NewMachines makes a model and a machine for a scenario; the charm and what else the client needs goes into a directory.
// The caller closes it, also when there is an error.
func NewMachines(ctx context.Context, s *conformance.Scenario, controller, dir string) (*Machines, error) {
	m := &Machines{controller: controller}
	text, err := command(ctx, dir, controller, "describe")
	if err != nil {
		return m, err
	}
	var description struct {
		Juju string `json:"juju"`
	}
	if err := json.Unmarshal(text, &description); err != nil {
		return m, fmt.Errorf("read the controller's description: %w", err)
	}
	if m.client, err = newClient(s, description.Juju, dir); err != nil {
		return m, err
	}
	return m, m.prepare(ctx)
}

// prepare makes the model and gives it a machine that stays when the last unit on it goes.
func (m *Machines) prepare(ctx context.Context) error {
	fresh, err := m.command(ctx, m.controller, "machines", "fresh", "--image", "plain", "1")
	if err != nil {
		return err
	}
	fields := strings.Fields(string(fresh))
	if len(fields) != 2 {
		return fmt.Errorf("get a machine: the controller says %q", fresh)
	}
	m.machine = fields[0]
	if err := m.addModel(ctx, false); err != nil {
		return err
	}
	return m.onModel(ctx, "add-machine", "ssh:ubuntu@"+fields[1])
}

// Close destroys the model and gives the machine back.
func (m *Machines) Close(ctx context.Context) error {
	err := m.destroyModel(ctx)
	if m.machine != "" {
		_, recycled := m.command(ctx, m.controller, "machines", "recycle", m.machine)
		err = errors.Join(err, recycled)
	}
	return err
}

// Deploy implements [conformance.Backend], as do the methods below and those of the client.
func (m *Machines) Deploy(ctx context.Context, application string) error {
	return m.onModel(ctx, "deploy", m.charm, application, "--to", "0")
}

func (m *Machines) AddUnit(ctx context.Context, application string) error {
	return m.onModel(ctx, "add-unit", application, "--to", "0")
}

func (m *Machines) RemoveUnit(ctx context.Context, unit string) error {
	return m.onModel(ctx, "remove-unit", "--no-prompt", unit)
}

// Recordings are kept on the machine: those of removed units stay.
func (m *Machines) Recordings(ctx context.Context) (map[string]string, error) {
	const separator = "\x00"
	script := `cd ` + recordings + ` 2>/dev/null || exit 0; for f in *.txt; do [ -e "$f" ] || continue; printf '%s\0' "$f"; cat "$f"; printf '\0'; done`
	text, err := m.command(ctx, m.controller, "machines", "exec", m.machine, "sh", "-c", script)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	fields := strings.Split(string(text), separator)
	for i := 0; i+1 < len(fields); i += 2 {
		all[conformance.UnitOfRecording(fields[i])] = fields[i+1]
	}
	return all, nil
}

// Settle waits until the model rests.
func (m *Machines) Settle(ctx context.Context) error {
	return m.settle(ctx, m.Recordings, m.restless)
}
