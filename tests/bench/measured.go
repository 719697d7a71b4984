package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"connectcharms/tests/charms"
)

// Cost is what one run of a program took, with all processes that it started and waited for.
type Cost struct {
	Unit   string        `json:"unit"`
	Hook   string        `json:"hook"` // such as hooks/update-status; of what is no charm ""
	Wall   time.Duration `json:"wall"`
	User   time.Duration `json:"user"`
	System time.Duration `json:"system"`
	Memory float64       `json:"memory"` // bytes, the most of any of the processes
}

// CPU is the processor's time.
func (c Cost) CPU() time.Duration { return c.User + c.System }

// Meter says what programs cost that run through it: see package measure.
type Meter struct {
	program, file string
	read          int64
}

// NewMeter makes one.
func (s *Stage) NewMeter(ctx context.Context) (*Meter, error) {
	dir, err := os.MkdirTemp(s.Dir, "meter")
	if err != nil {
		return nil, err
	}
	m := &Meter{program: filepath.Join(dir, "measure"), file: filepath.Join(dir, "costs")}
	return m, buildIn(ctx, "tests", "./bench/measure", m.program)
}

// buildIn builds a program of a module of this project, as those in charms are built.
func buildIn(ctx context.Context, module, pkg, to string) error {
	root, err := charms.Repository()
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", to, pkg)
	build.Dir, build.Env = filepath.Join(root, module), ownModule()
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", pkg, err, said)
	}
	return nil
}

// Command is a command that runs through the meter.
func (m *Meter) Command(ctx context.Context, name string, arguments ...string) *exec.Cmd {
	return exec.CommandContext(ctx, m.program, append([]string{m.file, name}, arguments...)...)
}

// Charm makes, in a new directory, a charm of the one in dir whose hooks run through the meter.
func (m *Meter) Charm(dir string) (string, error) {
	measured, err := os.MkdirTemp(filepath.Dir(m.file), "charm")
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		name := entry.Name()
		if name == "dispatch" {
			name = "dispatch.measured"
		}
		if err := os.Symlink(filepath.Join(dir, entry.Name()), filepath.Join(measured, name)); err != nil {
			return "", err
		}
	}
	dispatch := fmt.Sprintf("#!/bin/sh\n[ ! -e %s ] || exit 0\nexec %s %s ./dispatch.measured\n", m.skips(), m.program, m.file)
	return measured, os.WriteFile(filepath.Join(measured, "dispatch"), []byte(dispatch), 0o755)
}

// Skip has the hooks of all its charms do nothing while something is done. A charm that needs each single hook is not the same then;
// ours finds in the next one what is due.
func (m *Meter) Skip(do func() error) error {
	if err := os.WriteFile(m.skips(), nil, 0o644); err != nil {
		return err
	}
	err := do()
	return errors.Join(err, os.Remove(m.skips()))
}

func (m *Meter) skips() string { return m.file + ".skip" }

// Take gives what has run since the last time that it was asked.
func (m *Meter) Take() (costs []Cost, err error) {
	written, err := os.ReadFile(m.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(written[m.read:]))
	for lines.Scan() {
		var cost Cost
		if err := json.Unmarshal(lines.Bytes(), &cost); err != nil {
			return nil, fmt.Errorf("read what was measured: %w", err)
		}
		costs = append(costs, cost)
	}
	m.read = int64(len(written))
	return costs, nil
}
