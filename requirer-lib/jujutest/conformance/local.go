package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/requirer-lib/jujutest"
)

// Local is a [Backend] of jujutest.
type Local struct {
	model      *jujutest.Model
	charm, dir string
	files      int
}

// NewLocal makes a model for a scenario, which keeps charm and recordings in a directory. Seed and pebble, the command that
// containers run, are those of [jujutest.Options]. The caller closes it.
func NewLocal(s *Scenario, dir string, seed uint64, pebble string) (*Local, error) {
	l := &Local{charm: filepath.Join(dir, "charm"), dir: filepath.Join(dir, "recordings")}
	err := errors.Join(os.Mkdir(l.charm, 0o755), os.Mkdir(l.dir, 0o755))
	if err == nil {
		err = s.WriteCharm(l.charm)
	}
	if err == nil {
		options := jujutest.Options{Seed: seed, HookRetries: -1, PebbleBinary: pebble, Environ: []string{"CONFORMANCE_DIR=" + l.dir}}
		if s.Substrate == Kubernetes {
			options.HookRetries = 1
		}
		l.model, err = jujutest.New(options)
	}
	if err != nil {
		return nil, fmt.Errorf("make a model of jujutest: %w", err)
	}
	return l, nil
}

// Close ends the model.
func (l *Local) Close() error { return l.model.Close() }

// Deploy implements [Pods], as do the methods below.
func (l *Local) Deploy(_ context.Context, application string) error {
	return l.model.Deploy(application, jujutest.FromDir(l.charm), jujutest.DeployOptions{})
}

func (l *Local) RemoveApplication(_ context.Context, application string) error {
	return l.model.RemoveApplication(application)
}

func (l *Local) AddUnit(_ context.Context, application string) error {
	_, err := l.model.AddUnit(application)
	return err
}

func (l *Local) RemoveUnit(_ context.Context, unit string) error { return l.model.RemoveUnit(unit) }

func (l *Local) Scale(_ context.Context, application string, units int) error {
	return l.model.Scale(application, units)
}

func (l *Local) KillContainer(_ context.Context, unit, container string) error {
	return l.model.RestartContainer(unit, container)
}

func (l *Local) DeletePod(_ context.Context, unit string) error { return l.model.ReplacePod(unit) }

func (l *Local) Integrate(_ context.Context, a, b string) error {
	_, err := l.model.Integrate(a, b)
	return err
}

func (l *Local) RemoveRelation(_ context.Context, a, b string) error {
	return l.model.RemoveRelation(a, b)
}

func (l *Local) SetConfig(_ context.Context, application, option, value string) error {
	return l.model.SetConfig(application, map[string]any{option: value})
}

func (l *Local) Attach(_ context.Context, application, resource, content string) error {
	l.files++
	path := filepath.Join(l.charm, "..", fmt.Sprintf("file-%d.txt", l.files))
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		return fmt.Errorf("write a resource: %w", err)
	}
	return l.model.AttachResource(application, resource, path)
}

func (l *Local) Refresh(_ context.Context, application string) error {
	return l.model.Refresh(application, jujutest.FromDir(l.charm))
}

func (l *Local) Resolve(_ context.Context, unit string, retry bool) error {
	return l.model.Resolve(unit, retry)
}

func (l *Local) Action(ctx context.Context, unit string, params map[string]any) (string, error) {
	result, err := l.model.RunAction(ctx, unit, "do", params)
	if err != nil {
		return "", err
	}
	var log []string
	for _, line := range result.Log {
		log = append(log, line.Message)
	}
	return DescribeAction(result.Status, result.Message, result.Results, log)
}

// DescribeAction writes what came of an action.
func DescribeAction(status, message string, results map[string]any, log []string) (string, error) {
	text, err := json.MarshalIndent(map[string]any{"status": status, "message": message, "results": results, "log": log}, "", "  ")
	return string(text), err
}

func (l *Local) Settle(ctx context.Context) error {
	if err := l.model.Settle(ctx); err != nil && ctx.Err() != nil {
		return err
	}
	return l.forgetScratch() // units in an error state are in the transcript
}

// forgetScratch removes what units that are gone have kept for themselves: a unit that comes again under the same name has
// another volume.
func (l *Local) forgetScratch() error {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return fmt.Errorf("read the recordings: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() || entry.Name() == "kept" {
			continue
		}
		if _, err := l.model.Unit(UnitOfRecording(entry.Name())); err == nil {
			continue
		}
		if err := os.RemoveAll(filepath.Join(l.dir, entry.Name())); err != nil {
			return fmt.Errorf("remove what a unit has kept: %w", err)
		}
	}
	return nil
}

func (l *Local) Recordings(context.Context) (map[string]string, error) {
	paths, err := filepath.Glob(filepath.Join(l.dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read a recording: %w", err)
		}
		all[UnitOfRecording(path)] = string(text)
	}
	return all, nil
}

// UnitOfRecording is the unit whose recording a path names: a/0 of a-0.txt.
func UnitOfRecording(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".txt")
	at := strings.LastIndex(name, "-")
	return name[:at] + "/" + name[at+1:]
}

func (l *Local) States(context.Context) (map[string]string, error) {
	text, err := l.model.StatusJSON()
	if err != nil {
		return nil, err
	}
	return DescribeUnits(text)
}
