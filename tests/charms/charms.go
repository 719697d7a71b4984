// Package charms builds the charms from their charmcraft.yaml: as directories, which package jujutest and the demo
// run, and packed, which Juju deploys. Charmcraft packs the same programs; what it needs beside is in charmcraft.yaml.
package charms

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Built is the charms, built.
type Built struct {
	KafkaConnect      string // directory of the provider charm
	KafkaConnectK8s   string // directory of the provider charm for Kubernetes
	ConnectIntegrator string // directory of the integrator charm
	Pebble            string // the pebble program
}

// charm says what a charm is made of. Paths are relative to the repository.
type charm struct {
	source   string // folder with charmcraft.yaml, icon.svg and, unless it is a variant, dispatch
	of       string // folder of the charm that it is a variant of: see project.sharing
	name     string
	programs []program
}

// pebble is what charms run their services under, where no container has it.
var pebble = program{"requirer-lib/supervisor", pebbleModule + "/cmd/pebble", "pebble"}

// manager is Connect Manager, which needs no charm around it.
var manager = program{"integrator-charm", "./cmd/connect-manager", "connect-manager"}

var recipe = []charm{
	{source: ".", name: "kafka-connect", programs: []program{
		{"provider-charm", "./cmd/kafka-connect", "kafka-connect"},
		pebble,
	}},
	{source: "provider-charm/kubernetes", of: ".", name: "kafka-connect-k8s", programs: []program{
		{"provider-charm", "./cmd/kafka-connect", "kafka-connect"},
	}},
	{source: "integrator-charm", name: "connect-integrator", programs: []program{
		{"integrator-charm", "./cmd/connect-integrator", "connect-integrator"},
		manager,
		pebble,
	}},
}

// Build builds the charms as directories below dir, for this machine. It is cheap when nothing changed: Go's cache
// holds the programs, and a file that stays the same is left alone: models have units that run it.
func Build(ctx context.Context, dir string) (Built, error) {
	root, err := Repository()
	if err != nil {
		return Built{}, err
	}
	for _, charm := range recipe {
		project, err := charm.project(root)
		if err == nil {
			_, err = charm.build(ctx, root, project, filepath.Join(dir, charm.name), machine{runtime.GOOS, runtime.GOARCH})
		}
		if err != nil {
			return Built{}, fmt.Errorf("build charm %s: %w", charm.name, err)
		}
	}
	provider := filepath.Join(dir, "kafka-connect")
	return Built{
		KafkaConnect: provider, KafkaConnectK8s: filepath.Join(dir, "kafka-connect-k8s"),
		ConnectIntegrator: filepath.Join(dir, "connect-integrator"), Pebble: filepath.Join(provider, "bin", "pebble"),
	}, nil
}

// BuildManager builds the program connect-manager alone, as it is in the charm, below dir. The error is for a program that
// cannot be built.
func BuildManager(ctx context.Context, dir string) (path string, err error) {
	root, err := Repository()
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, manager.name)
	return path, manager.build(ctx, root, path, machine{runtime.GOOS, runtime.GOARCH})
}

// build makes the directory to be the charm for a machine, and returns its files. Go builds the programs beside it.
func (c charm) build(ctx context.Context, root string, p project, to string, on machine) (files, error) {
	programs, err := c.buildPrograms(ctx, root, filepath.Join(filepath.Dir(to), "programs"), on)
	if err != nil {
		return nil, err
	}
	all, err := p.split()
	if err != nil {
		return nil, err
	}
	// A machine that no platform is for still runs the charm in tests; its manifest then has no base.
	if all["manifest.yaml"], err = manifest(p.platformsFor(on.arch)...); err != nil {
		return nil, err
	}
	for name, path := range map[string]string{
		"dispatch": filepath.Join(cmp.Or(c.of, c.source), "dispatch"), "icon.svg": filepath.Join(c.source, "icon.svg"), "LICENSE": "LICENSE",
	} {
		if all[name], err = os.ReadFile(filepath.Join(root, path)); err != nil {
			return nil, err
		}
	}
	for _, program := range programs {
		all["bin/"+program.name] = program.content
	}
	modules, err := linkedModules(ctx, root, programs)
	if err != nil {
		return nil, err
	}
	if err := addLicences(all, c.name, modules); err != nil {
		return nil, err
	}
	return all, all.write(to)
}

func (c charm) project(root string) (project, error) {
	own, err := readProject(root, c.source)
	if err != nil || c.of == "" {
		return own, err
	}
	base, err := readProject(root, c.of)
	if err != nil {
		return project{}, err
	}
	return own.sharing(base)
}

func readProject(root, source string) (project, error) {
	path := filepath.Join(root, source, "charmcraft.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return project{}, err
	}
	parsed, err := parseProject(text)
	if err != nil {
		return project{}, fmt.Errorf("%s: %w", path, err)
	}
	return parsed, nil
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
