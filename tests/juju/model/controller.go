// Package model works a Juju controller for Go tests, by Juju's own API: a local one that ../controller or ../kubernetes started, or the one
// that the juju command is logged in to. What the juju command does itself, beside the API, that command does.
package model

import (
	"context"
	"fmt"

	"github.com/juju/juju/api"
)

// Substrate is what the units of a controller's models run on.
type Substrate string

// The substrates that the charms are for.
const (
	OnMachines   Substrate = "machines"
	OnKubernetes Substrate = "kubernetes"
)

// Controller is a running Juju controller. Of a local one this is what its description (controller.json) says; of another, only its name
// and how the juju command reaches it are known.
type Controller struct {
	Name        string    `json:"controller"`
	JujuVersion string    `json:"juju_version"` // of the Go module
	Command     string    `json:"juju"`         // path of a juju command that is set up for this controller
	Data        string    `json:"juju_data"`    // that command's JUJU_DATA
	HostAddress string    `json:"host_address"` // this host, as units reach it
	Machines    []Machine `json:"machines"`     // as they were when the description was read
	Kubectl     string    `json:"kubectl"`      // path of a kubectl that is set up for the controller's cluster
	DNS         string    `json:"dns"`          // address of the cluster's DNS, as this host reaches it

	on     Substrate
	script string // path of the command that started it; empty for a controller that is not local
}

// Machine is one of the controller's machines.
type Machine struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Image   string `json:"image"` // java or plain
	State   string `json:"state"` // controller, free, taken or stopped
}

// IsLocal says whether the controller is one of those in the folder above, so that its machines and pods have no network but this host.
func (c *Controller) IsLocal() bool { return c.script != "" }

// On says what the controller's models run on.
func (c *Controller) On() Substrate { return c.on }

// connect logs in as the user who bootstrapped the controller: to one model, or, without a UUID, to the controller itself. It tries
// once, until the context ends (Juju's own defaults try for ten minutes). The caller closes the connection.
func (c *Controller) connect(ctx context.Context, modelUUID string) (api.Connection, error) {
	login, err := readLogin(c.Data, c.Name)
	if err != nil {
		return nil, err
	}
	connection, err := api.Open(ctx, login.info(modelUUID), api.DialOpts{})
	if err != nil {
		return nil, fmt.Errorf("logging in to the controller %q at %v (does it run?): %w", c.Name, login.Addresses, err)
	}
	return connection, nil
}
