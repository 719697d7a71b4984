package conformance

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"connectcharms/requirer-lib/jujutest/conformance"
)

// recordings is where units on a machine record, when nothing tells them of another place.
const recordings = "/var/lib/conformance"

// Real is a model of the local controller, with one machine for all units.
type Real struct {
	controller string // the script of that name
	juju       string // the client
	name       string
	machine    string // as the script knows it
	dir        string
	charm      string
	files      int
}

// NewReal makes a model and a machine for a scenario; the charm and what else the client needs goes into a directory. The
// caller closes it, also when there is an error.
func NewReal(ctx context.Context, s *conformance.Scenario, controller, dir string) (*Real, error) {
	r := &Real{controller: controller, name: "conf-" + s.Name, dir: dir, charm: filepath.Join(dir, "probe.charm")}
	text, err := r.command(ctx, controller, "describe")
	if err != nil {
		return r, err
	}
	var description struct {
		Juju string `json:"juju"`
	}
	if err := json.Unmarshal(text, &description); err != nil {
		return r, fmt.Errorf("read the controller's description: %w", err)
	}
	r.juju = description.Juju
	source := filepath.Join(dir, "probe")
	if err := errors.Join(os.Mkdir(source, 0o755), s.WriteCharm(source)); err != nil {
		return r, err
	}
	if err := pack(source, r.charm); err != nil {
		return r, fmt.Errorf("pack the probe: %w", err)
	}
	return r, r.prepare(ctx)
}

// prepare makes the model and gives it a machine that stays when the last unit on it goes.
func (r *Real) prepare(ctx context.Context) error {
	fresh, err := r.command(ctx, r.controller, "machines", "fresh", "--image", "plain", "1")
	if err != nil {
		return err
	}
	fields := strings.Fields(string(fresh))
	if len(fields) != 2 {
		return fmt.Errorf("get a machine: the controller says %q", fresh)
	}
	r.machine = fields[0]
	_, err = r.command(ctx, r.juju, "add-model", "--no-switch", r.name)
	if err == nil {
		err = r.client(ctx, "model-config", "automatically-retry-hooks=false", "update-status-hook-interval=60m")
	}
	if err == nil {
		err = r.client(ctx, "add-machine", "ssh:ubuntu@"+fields[1])
	}
	return err
}

// Close destroys the model and gives the machine back.
func (r *Real) Close(ctx context.Context) error {
	var errs []error
	if r.juju != "" {
		_, err := r.command(ctx, r.juju, "destroy-model", "--no-prompt", "--force", "--no-wait", r.name)
		errs = append(errs, err)
	}
	if r.machine != "" {
		_, err := r.command(ctx, r.controller, "machines", "recycle", r.machine)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// pack makes a charm of a directory's files.
func pack(dir, path string) error {
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	if err := archive.AddFS(os.DirFS(dir)); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, packed.Bytes(), 0o644)
}

// client runs the juju client on the model.
func (r *Real) client(ctx context.Context, verb string, args ...string) error {
	_, err := r.command(ctx, r.juju, append([]string{verb, "-m", r.name}, args...)...)
	return err
}

// command runs a program, and gives its standard output.
func (r *Real) command(ctx context.Context, program string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, program, args...)
	var stderr bytes.Buffer
	command.Stderr, command.Dir = &stderr, r.dir
	stdout, err := command.Output()
	if err != nil {
		return stdout, fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout, nil
}

// Deploy implements [conformance.Backend], as do the methods below.
func (r *Real) Deploy(ctx context.Context, application string) error {
	return r.client(ctx, "deploy", r.charm, application, "--to", "0")
}

func (r *Real) RemoveApplication(ctx context.Context, application string) error {
	return r.client(ctx, "remove-application", "--no-prompt", application)
}

func (r *Real) AddUnit(ctx context.Context, application string) error {
	return r.client(ctx, "add-unit", application, "--to", "0")
}

func (r *Real) RemoveUnit(ctx context.Context, unit string) error {
	return r.client(ctx, "remove-unit", "--no-prompt", unit)
}

// Integrate waits for a relation of the same endpoints to be gone: it outlives what its units run for it.
func (r *Real) Integrate(ctx context.Context, a, b string) error {
	ctx, cancel := context.WithTimeout(ctx, waitsFor)
	defer cancel()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		err := r.client(ctx, "integrate", a, b)
		if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "already exists") {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
}

func (r *Real) RemoveRelation(ctx context.Context, a, b string) error {
	return r.client(ctx, "remove-relation", a, b)
}

func (r *Real) SetConfig(ctx context.Context, application, option, value string) error {
	return r.client(ctx, "config", application, option+"="+value)
}

func (r *Real) Attach(ctx context.Context, application, resource, content string) error {
	r.files++
	path := filepath.Join(r.dir, fmt.Sprintf("file-%d.txt", r.files))
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		return fmt.Errorf("write a resource: %w", err)
	}
	return r.client(ctx, "attach-resource", application, resource+"="+path)
}

func (r *Real) Refresh(ctx context.Context, application string) error {
	return r.client(ctx, "refresh", application, "--path", r.charm)
}

func (r *Real) Resolve(ctx context.Context, unit string, retry bool) error {
	if retry {
		return r.client(ctx, "resolved", unit)
	}
	return r.client(ctx, "resolved", "--no-retry", unit)
}

func (r *Real) Action(ctx context.Context, unit string, params map[string]any) (string, error) {
	r.files++
	path := filepath.Join(r.dir, fmt.Sprintf("params-%d.yaml", r.files))
	text, err := json.Marshal(params)
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("write an action's parameters: %w", err)
	}
	answer, err := r.command(ctx, r.juju, "run", "-m", r.name, "--format", "json", unit, "do", "--params", path)
	var results map[string]struct {
		Status  string         `json:"status"`
		Message string         `json:"message"`
		Results map[string]any `json:"results"`
		Log     []string       `json:"log"`
	}
	if json.Unmarshal(answer, &results) != nil {
		return "", errors.Join(err, fmt.Errorf("read what came of an action: %q", answer))
	}
	result := results[unit]
	for i, line := range result.Log {
		_, result.Log[i], _ = strings.Cut(line, " UTC ") // the message, after its time
	}
	return conformance.DescribeAction(result.Status, result.Message, result.Results, result.Log)
}

// Recordings are kept on the machine: those of removed units stay.
func (r *Real) Recordings(ctx context.Context) (map[string]string, error) {
	const separator = "\x00"
	script := `cd ` + recordings + ` 2>/dev/null || exit 0; for f in *.txt; do [ -e "$f" ] || continue; printf '%s\0' "$f"; cat "$f"; printf '\0'; done`
	text, err := r.command(ctx, r.controller, "machines", "exec", r.machine, "sh", "-c", script)
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

func (r *Real) status(ctx context.Context) ([]byte, error) {
	return r.command(ctx, r.juju, "status", "-m", r.name, "--format", "json")
}

func (r *Real) States(ctx context.Context) (map[string]string, error) {
	text, err := r.status(ctx)
	if err != nil {
		return nil, err
	}
	return conformance.DescribeUnits(text)
}
