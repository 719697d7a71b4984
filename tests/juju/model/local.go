package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"connectcharms/tests/cache"
)

// local is a command in the folder above this one, which runs a controller on this host.
type local struct {
	command string // its name there
	folder  string // of the project's cache where its state is: the same rule as in its steps
	make    string // what people start it by
}

var locals = map[Substrate]local{
	OnMachines:   {command: "controller", folder: "juju", make: "make controller"},
	OnKubernetes: {command: "kubernetes", folder: "juju/kubernetes", make: "make controller-k8s"},
}

// Local reads the description of the local controller of that kind. It answers fs.ErrNotExist when none is running.
func Local(on Substrate) (*Controller, error) {
	kept, err := cache.Dir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(kept, filepath.FromSlash(locals[on].folder), "state", "controller.json")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no local Juju controller of %s is running (start it with %s): %w", on, locals[on].make, err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the description of the local controller: %w", err)
	}
	controller := Controller{on: on}
	if err := json.Unmarshal(content, &controller); err != nil {
		return nil, fmt.Errorf("parsing the description of the local controller, %s: %w", path, err)
	}
	controller.script, err = script(on)
	return &controller, err
}

// StartLocal starts the local controller of that kind, which says meanwhile how far it is.
func StartLocal(ctx context.Context, on Substrate, log io.Writer) error {
	path, err := script(on)
	if err != nil {
		return err
	}
	up := exec.CommandContext(ctx, path, "up")
	up.Stdout, up.Stderr = log, log
	return up.Run()
}

func script(on Substrate) (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", fmt.Errorf("finding the command %s: built without file names (run from a checkout, without -trimpath)", locals[on].command)
	}
	return filepath.Join(filepath.Dir(filepath.Dir(file)), locals[on].command), nil
}

// ImportImages gives archives of images to the cluster of a local controller on Kubernetes, under the names in them.
func (c *Controller) ImportImages(ctx context.Context, archives ...string) error {
	_, err := run(ctx, os.Environ(), c.script, append([]string{"images", "import"}, archives...)...)
	return err
}
