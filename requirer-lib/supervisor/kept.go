package supervisor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/canonical/pebble/client"

	"connectcharms/requirer-lib/daemon"
)

// Own describes a Pebble that the charm brings along.
type Own struct {
	Charm  string // names Pebble's layers; it stays the same in every revision of the charm
	Binary string // the program
	Dir    string // for its files
	// Service is its name where it is a systemd service: where WholeMachine says that the machine is the unit's, and systemd
	// runs it.
	Service      string
	WholeMachine bool
}

// Supervisor describes that Pebble. It starts nothing.
func (o Own) Supervisor() (*Supervisor, error) {
	s, err := at(o.Charm, filepath.Join(o.Dir, ".pebble.socket"))
	if err != nil {
		return nil, err
	}
	s.layers, s.keeper = filepath.Join(o.Dir, "layers"), detached(o.Binary, o.Dir)
	if o.WholeMachine && hasSystemd() {
		s.keeper = newSystemd(o.Service, o.Binary, o.Dir)
	}
	return s, nil
}

// InContainer describes the Pebble that Kubernetes keeps running in a container, and that answers at socket.
func InContainer(charm, socket string) (*Supervisor, error) {
	s, err := at(charm, socket)
	if err != nil {
		return nil, err
	}
	s.keeper = given{s.pebble}
	return s, nil
}

func at(charm, socket string) (*Supervisor, error) {
	pebble, err := client.New(&client.Config{Socket: socket, DisableKeepAlive: true})
	if err != nil {
		return nil, fmt.Errorf("talk to Pebble at %s: %w", socket, err)
	}
	return &Supervisor{charm: charm, socket: socket, pebble: pebble}, nil
}

// given is a Pebble that is not ours to start or stop.
type given struct{ pebble *client.Client }

func (given) Start() (started bool, err error)          { return false, nil }
func (given) Stop(context.Context, time.Duration) error { return nil }

func (g given) Running() bool {
	_, err := g.pebble.SysInfo()
	return err == nil
}

// inMemory has Pebble keep no state on disk. All that lasts is in its layers; and a state that it cannot write, for the disk is full, it
// tries to write for five minutes, in which it answers nobody, and then it ends, and all services with it.
const inMemory = "PEBBLE_PERSIST=never"

// detached keeps Pebble as a process that each hook looks after.
func detached(binary, dir string) daemon.Process {
	return daemon.Process{
		PIDFile: filepath.Join(dir, "pebble.pid"), Log: filepath.Join(dir, "pebble.log"), Dir: dir,
		Command: []string{binary, "run", "--create-dirs"},
		Env:     []string{"PEBBLE=" + dir, "PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", inMemory},
	}
}

// keeper keeps the Pebble daemon running, where it is ours to keep.
type keeper interface {
	Running() bool
	Start() (started bool, err error)
	Stop(ctx context.Context, grace time.Duration) error
}
