package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// FindAny is the local controller, or, where none runs, the one that the juju command on PATH is logged in to.
func FindAny(ctx context.Context) (*Controller, error) {
	local, err := Find()
	if !errors.Is(err, fs.ErrNotExist) {
		return local, err
	}
	command, missing := exec.LookPath("juju")
	if missing != nil {
		return nil, fmt.Errorf("%w, and there is no juju command on PATH either", err)
	}
	answer, failed := run(ctx, os.Environ(), command, "whoami", "--format", "json")
	var who struct {
		Controller string `json:"controller"`
	}
	if failed == nil {
		failed = json.Unmarshal([]byte(answer), &who)
	}
	if failed != nil {
		return nil, fmt.Errorf("%w, and juju is not logged in to another: %w", err, failed)
	}
	data, err := jujuData()
	return &Controller{Name: who.Controller, Command: command, Data: data}, err
}

// jujuData is where the juju command keeps its files.
func jujuData() (string, error) {
	if data := os.Getenv("JUJU_DATA"); data != "" {
		return data, nil
	}
	if data := os.Getenv("XDG_DATA_HOME"); data != "" {
		return filepath.Join(data, "juju"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share", "juju"), err
}
