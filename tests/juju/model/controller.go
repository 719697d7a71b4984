// Package model works a Juju controller for Go tests, by Juju's own API: the local one that ../controller started, or the one that the juju
// command is logged in to. It starts no controller. What the juju command does itself, beside the API, that command does.
package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/juju/juju/api"
)

// Controller is a running local controller, as its description (controller.json) says.
type Controller struct {
	Name        string    `json:"controller"`
	JujuVersion string    `json:"juju_version"` // of the Go module
	Command     string    `json:"juju"`         // path of a juju command that is set up for this controller
	Data        string    `json:"juju_data"`    // that command's JUJU_DATA
	HostAddress string    `json:"host_address"` // this host, as the machines reach it
	Machines    []Machine `json:"machines"`     // as they were when the description was read

	script string // path of the command that started it; empty for a controller that is not local
}

// Machine is one of the controller's machines.
type Machine struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Image   string `json:"image"` // java or plain
	State   string `json:"state"` // controller, free, taken or stopped
}

// Find reads the description of the local controller in the project's cache. It answers fs.ErrNotExist when none is running.
func Find() (*Controller, error) {
	path, err := descriptionPath()
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no local Juju controller is running (start it with make controller): %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the description of the local controller: %w", err)
	}
	var controller Controller
	if err := json.Unmarshal(content, &controller); err != nil {
		return nil, fmt.Errorf("parsing the description of the local controller, %s: %w", path, err)
	}
	controller.script, err = script()
	return &controller, err
}

// script is the command controller, in the folder above this one.
func script() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", errors.New("finding the command controller: built without file names (run from a checkout, without -trimpath)")
	}
	return filepath.Join(filepath.Dir(filepath.Dir(file)), "controller"), nil
}

// IsLocal says whether the controller is the one of ../controller, so that its machines have no network but this host.
func (c *Controller) IsLocal() bool { return c.script != "" }

// descriptionPath says where `controller up` writes: the same rule as in steps/settings.sh.
func descriptionPath() (string, error) {
	cache := os.Getenv("KAFKA_CONNECT_CHARMS_CACHE")
	if cache == "" {
		ofUser, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("looking for the cache (set KAFKA_CONNECT_CHARMS_CACHE): %w", err)
		}
		cache = filepath.Join(ofUser, "kafka-connect-charms")
	}
	return filepath.Join(cache, "juju", "state", "controller.json"), nil
}

// connect logs in as the user who bootstrapped the controller: to one model, or, without a UUID, to the controller itself. It tries
// once, until the context ends (Juju's own defaults try for ten minutes). The caller closes the connection.
func (c *Controller) connect(ctx context.Context, modelUUID string) (api.Connection, error) {
	login, err := readLogin(c.Data, c.Name)
	if err != nil {
		return nil, err
	}
	connection, err := api.Open(ctx, login.info(modelUUID), api.DialOpts{})
	if err != nil {
		return nil, fmt.Errorf("logging in to the controller %q at %v (does it run? See controller machines list): %w", c.Name, login.Addresses, err)
	}
	return connection, nil
}
