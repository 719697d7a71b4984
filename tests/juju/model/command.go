package model

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Juju runs the juju command on this controller and returns what it prints to stdout. It is for what the command does itself, beside Juju's
// API: packing up local charms and resources, preparing a machine over ssh, carrying an offer's macaroon from one model to another.
func (c *Controller) Juju(ctx context.Context, args ...string) (stdout string, err error) {
	return run(ctx, append(os.Environ(), "JUJU_DATA="+c.Data, "JUJU_CONTROLLER="+c.Name), c.Command, args...)
}

// Juju runs the juju command on this model.
func (m *Model) Juju(ctx context.Context, args ...string) (stdout string, err error) {
	environ := append(os.Environ(), "JUJU_DATA="+m.controller.Data, "JUJU_MODEL="+m.controller.Name+":"+m.Name)
	return run(ctx, environ, m.controller.Command, args...)
}

// run runs a command that asks nothing, and puts what it complains of into the error.
func run(ctx context.Context, environ []string, program string, args ...string) (stdout string, err error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = environ
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %v: %w: %s", program, args, err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out.String(), nil
}
