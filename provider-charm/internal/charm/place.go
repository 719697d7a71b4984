package charm

import (
	"context"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/supervisor"
)

// pebbleLayers is what the layers are called that Pebble has from this charm, on machines and in pods.
const pebbleLayers = "kafka-connect"

// place is what a unit lives on. All in which a machine and a pod of Kubernetes differ for the charm is behind it.
type place interface {
	// layouts is where the unit's files are, as the charm sees them and as its services do.
	layouts() (charm, services layout)
	// prepare makes the directories, and whom the services run as. It is cheap where they are there.
	prepare(ctx context.Context) error
	// supervisor is the Pebble that runs the services.
	supervisor() (*supervisor.Supervisor, error)
	// user runs the services; empty: whoever runs Pebble.
	user() string
	// runtime says what there is of Java and Kafka, and what is missing.
	runtime(ctx context.Context, u *unit) (Runtime, error)
	// findJMX looks for the JMX exporter's agent, and says whether it is to be installed.
	findJMX(ctx context.Context, u *unit, w *World) error
	// addresses is by what name the other units and clients find this one, and where its gateway listens. Both are empty
	// while Juju knows none.
	addresses(network hook.Network) (found, listen string)
	// clear removes what the unit must not leave behind when it goes.
	clear() error
}

// placeOf says what the unit of an event lives on.
func placeOf(event hook.Event) place {
	if event.MachineID == "" {
		return newOnKubernetes(event)
	}
	return newOnMachine(event)
}
