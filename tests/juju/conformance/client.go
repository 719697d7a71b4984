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

// client is one model of a controller, by the juju command: what models on machines and on Kubernetes have alike.
type client struct {
	juju  string
	name  string
	dir   string // of files for the command
	charm string
	files int

	retries bool // failed hooks are run again by the clock
}

// newClient packs a scenario's charm, for a model whose name no other has: one with storage takes minutes to go.
func newClient(s *conformance.Scenario, juju, dir string) (client, error) {
	c := client{juju: juju, name: "conf-" + s.Name + time.Now().Format("-150405"), dir: dir, charm: filepath.Join(dir, "probe.charm")}
	source := filepath.Join(dir, "probe")
	if err := errors.Join(os.Mkdir(source, 0o755), s.WriteCharm(source)); err != nil {
		return c, err
	}
	if err := pack(source, c.charm); err != nil {
		return c, fmt.Errorf("pack the probe: %w", err)
	}
	return c, nil
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

// addModel makes the model. No hook comes by the clock, unless failed ones are retried.
func (c *client) addModel(ctx context.Context, retries bool) error {
	c.retries = retries
	if _, err := c.command(ctx, c.juju, "add-model", "--no-switch", c.name); err != nil {
		return err
	}
	return c.onModel(ctx, "model-config", fmt.Sprintf("automatically-retry-hooks=%t", retries), "update-status-hook-interval=60m")
}

func (c *client) destroyModel(ctx context.Context) error {
	if c.juju == "" {
		return nil
	}
	_, err := c.command(ctx, c.juju, "destroy-model", "--no-prompt", "--force", "--no-wait", "--destroy-storage", c.name)
	return err
}

// onModel runs a command of juju on the model.
func (c *client) onModel(ctx context.Context, verb string, args ...string) error {
	_, err := c.command(ctx, c.juju, append([]string{verb, "-m", c.name}, args...)...)
	return err
}

// command runs a program, and gives its standard output.
func (c *client) command(ctx context.Context, program string, args ...string) ([]byte, error) {
	return command(ctx, c.dir, program, args...)
}

func command(ctx context.Context, dir, program string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, program, args...)
	var stderr bytes.Buffer
	command.Stderr, command.Dir = &stderr, dir
	stdout, err := command.Output()
	if err != nil {
		return stdout, fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout, nil
}

// RemoveApplication implements [conformance.Backend], as do the methods below.
func (c *client) RemoveApplication(ctx context.Context, application string) error {
	return c.onModel(ctx, "remove-application", "--no-prompt", application)
}

// Integrate waits for a relation of the same endpoints to be gone: it outlives what its units run for it.
func (c *client) Integrate(ctx context.Context, a, b string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		err := c.onModel(ctx, "integrate", a, b)
		if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "already exists") {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
}

func (c *client) RemoveRelation(ctx context.Context, a, b string) error {
	return c.onModel(ctx, "remove-relation", a, b)
}

func (c *client) SetConfig(ctx context.Context, application, option, value string) error {
	return c.onModel(ctx, "config", application, option+"="+value)
}

func (c *client) Attach(ctx context.Context, application, resource, content string) error {
	c.files++
	path := filepath.Join(c.dir, fmt.Sprintf("file-%d.txt", c.files))
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		return fmt.Errorf("write a resource: %w", err)
	}
	return c.onModel(ctx, "attach-resource", application, resource+"="+path)
}

func (c *client) Refresh(ctx context.Context, application string) error {
	return c.onModel(ctx, "refresh", application, "--path", c.charm)
}

func (c *client) Resolve(ctx context.Context, unit string, retry bool) error {
	if retry {
		return c.onModel(ctx, "resolved", unit)
	}
	return c.onModel(ctx, "resolved", "--no-retry", unit)
}

func (c *client) Action(ctx context.Context, unit string, params map[string]any) (string, error) {
	c.files++
	path := filepath.Join(c.dir, fmt.Sprintf("params-%d.yaml", c.files))
	text, err := json.Marshal(params)
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("write an action's parameters: %w", err)
	}
	answer, err := c.command(ctx, c.juju, "run", "-m", c.name, "--format", "json", unit, "do", "--params", path)
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

func (c *client) States(ctx context.Context) (map[string]string, error) {
	text, err := c.status(ctx)
	if err != nil {
		return nil, err
	}
	return conformance.DescribeUnits(text)
}

func (c *client) status(ctx context.Context) ([]byte, error) {
	return c.command(ctx, c.juju, "status", "-m", c.name, "--format", "json")
}
