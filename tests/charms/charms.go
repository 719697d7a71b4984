// Package charms builds the two charms as directories that Juju, or package jujutest, can run: the metadata, the
// dispatch script and the programs.
package charms

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Built is the two charms, built.
type Built struct {
	KafkaConnect      string // directory of the provider charm
	ConnectIntegrator string // directory of the integrator charm
	Pebble            string // the pebble program
}

type program struct{ module, pkg, name string }

type charm struct {
	source   string // folder with charmcraft.yaml and dispatch
	name     string
	programs []program
}

// recipe says what each charm is made of. Paths are relative to the repository.
var recipe = []charm{
	{source: ".", name: "kafka-connect", programs: []program{
		{"provider-charm", "./cmd/kafka-connect", "kafka-connect"},
		{"provider-charm", "github.com/canonical/pebble/cmd/pebble", "pebble"},
	}},
	{source: "integrator-charm", name: "connect-integrator", programs: []program{
		{"integrator-charm", "./cmd/connect-integrator", "connect-integrator"},
	}},
}

// Build builds both charms below dir for this machine. It is cheap when nothing changed: Go's cache holds the rest.
func Build(ctx context.Context, dir string) (Built, error) {
	root, err := Repository()
	if err != nil {
		return Built{}, err
	}
	for _, charm := range recipe {
		if err := charm.build(ctx, root, filepath.Join(dir, charm.name)); err != nil {
			return Built{}, fmt.Errorf("build charm %s: %w", charm.name, err)
		}
	}
	provider := filepath.Join(dir, "kafka-connect")
	return Built{
		KafkaConnect: provider, ConnectIntegrator: filepath.Join(dir, "connect-integrator"),
		Pebble: filepath.Join(provider, "bin", "pebble"),
	}, nil
}

func (c charm) build(ctx context.Context, root, target string) error {
	if err := os.MkdirAll(filepath.Join(target, "bin"), 0o755); err != nil {
		return err
	}
	for _, name := range []string{"charmcraft.yaml", "dispatch"} {
		content, err := os.ReadFile(filepath.Join(root, c.source, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(target, name), content, 0o755); err != nil {
			return err
		}
	}
	for _, program := range c.programs {
		if err := program.build(ctx, root, filepath.Join(target, "bin", program.name)); err != nil {
			return err
		}
	}
	return nil
}

// build builds one program outside of the workspace, with its module's own short list of dependencies.
func (p program) build(ctx context.Context, root, target string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", target, p.pkg)
	command.Dir = filepath.Join(root, p.module)
	command.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, err, out)
	}
	return nil
}

// Repository is the folder of this source tree.
func Repository() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("cannot find the source tree: built without file names")
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if _, err := os.Stat(filepath.Join(root, "go.work")); err != nil {
		return "", fmt.Errorf("cannot find the source tree (run from a checkout, without -trimpath): %w", err)
	}
	return root, nil
}
