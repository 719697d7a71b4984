package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	coremodel "github.com/juju/juju/core/model"
)

// Choose is the one rule for which controller is used: the one that the juju command on PATH is logged in to, where that is of the
// substrate asked for, and else the local one. It answers fs.ErrNotExist where there is neither.
func Choose(ctx context.Context, on Substrate) (*Controller, error) {
	current, err := loggedIn(ctx)
	if err != nil {
		return nil, err
	}
	local, missing := Local(on)
	if chosen := prefer(current, local, on); chosen != nil {
		return chosen, nil
	}
	return nil, missing
}

// prefer decides between the controller that juju is logged in to and the local one of the substrate asked for; nil is for none.
func prefer(current, local *Controller, on Substrate) *Controller {
	switch {
	case current == nil || current.on != on:
		return local
	case local != nil && local.Name == current.Name && local.Data == current.Data:
		return local // it is the same, and more is known of it
	}
	return current
}

// loggedIn is the controller that the juju command on PATH is logged in to: nil for none.
func loggedIn(ctx context.Context) (*Controller, error) {
	command, err := exec.LookPath("juju")
	if errors.Is(err, exec.ErrNotFound) {
		return nil, nil
	}
	answer, err := run(ctx, os.Environ(), command, "whoami", "--format", "json")
	var who struct {
		Controller string `json:"controller"`
	}
	if err != nil || json.Unmarshal([]byte(answer), &who) != nil || who.Controller == "" {
		return nil, nil // it says so in words
	}
	data, err := jujuData()
	if err != nil {
		return nil, err
	}
	controller := &Controller{Name: who.Controller, Command: command, Data: data}
	if controller.on, err = controller.substrate(ctx); err != nil {
		return nil, fmt.Errorf("juju is logged in to it, and so it should be used (juju logout changes that): %w", err)
	}
	return controller, nil
}

// substrate asks what the controller itself runs on, which is what a model is made on where nothing else is named.
func (c *Controller) substrate(ctx context.Context) (Substrate, error) {
	models, err := c.models(ctx)
	if err != nil {
		return "", err
	}
	for _, one := range models {
		if one.Name == "controller" && one.Type == coremodel.CAAS {
			return OnKubernetes, nil
		}
	}
	return OnMachines, nil
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
