package suite

import (
	"context"
	"net"
	"testing"

	"connectcharms/tests/juju/model"
)

// substrate is what the units of a model live on. All in which machines and pods differ for a story that is told on both is behind it; what
// is told on one only is in the table of stories.
type substrate interface {
	// prepare makes ready for units to come: where there are machines it adds so many.
	prepare(ctx context.Context, withJava, withoutJava int) error
	// kafkaConnect completes the deployment of Kafka Connect: its charm, with what it needs beside the Kafka it works on.
	kafkaConnect(d deployment) deployment
	// deployArgs says how many units there are to be and what they live on, as arguments of juju deploy.
	deployArgs(d deployment) []string
	// spot is the machine or pod of a unit.
	spot(ctx context.Context, unit string) (string, error)
	// beside runs a shell command where the services of the unit at a spot run.
	beside(ctx context.Context, spot, command string) (stdout string, err error)
	// inCharm runs a shell command where the charm of the unit at a spot runs.
	inCharm(ctx context.Context, spot, command string) (stdout string, err error)
	// data is where a unit of Kafka Connect has its files.
	data(unit string) string
	// lines is a directory beside every worker where connectors read and write files.
	lines() string
	// traces are the files that charms leave, logs among them, as shell patterns.
	traces() string
	// remains is what a unit of Kafka Connect has left, where nothing should be left.
	remains(ctx context.Context, unit, spot string) (string, error)
	// host is this host's address, as units reach it.
	host(ctx context.Context) (string, error)
	// dial makes a connection from this host to a published endpoint.
	dial(ctx context.Context, network, address string) (net.Conn, error)
	// report is what a person would look at first when a story fails, beside juju status.
	report(ctx context.Context) string
	// release gives back what prepare took, after the model is destroyed.
	release(ctx context.Context) error
}

// newSubstrate is what a new model is on.
func (p parts) newSubstrate(t *testing.T, m *model.Model) substrate {
	t.Helper()
	if p.controller.On() == model.OnKubernetes {
		return newOnPods(t, m, p)
	}
	return &onMachines{model: m, machines: m.Machines(), parts: p}
}
