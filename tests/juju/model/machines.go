package model

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
)

// Machines are where a model's units run, named by their numbers in that model.
type Machines interface {
	// Add adds machines to the model, which has no others.
	Add(ctx context.Context, count int, kind MachineKind) (ids []string, err error)
	// Exec runs a shell command as root and returns its stdout.
	Exec(ctx context.Context, id, command string) (stdout string, err error)
	// Reboot starts a machine again; it may return before the machine is up.
	Reboot(ctx context.Context, id string) error
	// Host is this host's address, as machines reach it.
	Host(ctx context.Context) (string, error)
	// Release gives the machines back, after the model is destroyed.
	Release(ctx context.Context) error
}

// MachineKind says what is on a machine before the first unit comes.
type MachineKind string

// The kinds of machine that the local controller has. On a cloud all machines are what the cloud's image is.
const (
	WithJava    MachineKind = "java"
	WithoutJava MachineKind = "plain"
)

// Machines gives the machines of this model: on the local controller its own, elsewhere those that Juju starts.
func (m *Model) Machines() Machines {
	if !m.controller.IsLocal() {
		return cloudMachines{m}
	}
	return &localMachines{model: m, byID: map[string]string{}}
}

// localMachines are handed out by the controller command and enlisted over ssh.
type localMachines struct {
	model *Model
	byID  map[string]string // names such as m3
}

func (l *localMachines) Add(ctx context.Context, count int, kind MachineKind) (ids []string, err error) {
	handed, err := l.run(ctx, "fresh", "--image", string(kind), fmt.Sprint(count))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(handed) {
		name, address, _ := strings.Cut(strings.TrimSpace(line), " ")
		id := fmt.Sprint(len(l.byID))
		l.byID[id] = name // also when what follows fails: it has to be given back
		if _, err := l.model.Juju(ctx, "add-machine", "ssh:ubuntu@"+address); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (l *localMachines) Exec(ctx context.Context, id, command string) (string, error) {
	return l.run(ctx, "exec", l.byID[id], "sh", "-c", command)
}

func (l *localMachines) Reboot(ctx context.Context, id string) error {
	_, err := l.run(ctx, "reboot", l.byID[id])
	return err
}

func (l *localMachines) Release(ctx context.Context) error {
	args := []string{"recycle"}
	for _, name := range l.byID {
		args = append(args, name)
	}
	if len(args) == 1 {
		return nil
	}
	_, err := l.run(ctx, args...)
	return err
}

func (l *localMachines) run(ctx context.Context, args ...string) (string, error) {
	return run(ctx, os.Environ(), l.model.controller.script, append([]string{"machines"}, args...)...)
}

// cloudMachines are made and removed by Juju itself.
type cloudMachines struct{ model *Model }

func (c cloudMachines) Add(ctx context.Context, count int, _ MachineKind) (ids []string, err error) {
	before, err := c.model.Status(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.model.Juju(ctx, "add-machine", "--base", "ubuntu@24.04", "-n", fmt.Sprint(count)); err != nil {
		return nil, err
	}
	for i := range count { // the numbers of a model whose machines are added here only
		ids = append(ids, fmt.Sprint(len(before.Machines)+i))
	}
	return ids, nil
}

func (c cloudMachines) Exec(ctx context.Context, id, command string) (string, error) {
	// With a task that failed, juju prints its answer and exits with an error of its own.
	answer, failed := c.model.Juju(ctx, "exec", "--machine", id, "--format", "json", "--", command)
	var tasks map[string]struct {
		Results struct {
			Code   int    `json:"return-code"`
			Stdout string `json:"stdout"`
			Stderr string `json:"stderr"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(answer), &tasks); err != nil {
		return "", fmt.Errorf("reading the answer of machine %s: %w", id, failed)
	}
	results := tasks[id].Results
	if results.Code != 0 || failed != nil {
		return results.Stdout, fmt.Errorf("on machine %s: %s: exit %d: %s", id, command, results.Code, results.Stderr)
	}
	return results.Stdout, nil
}

func (c cloudMachines) Reboot(ctx context.Context, id string) error {
	_, err := c.Exec(ctx, id, "systemd-run --on-active=1 systemctl reboot")
	return err
}

func (cloudMachines) Release(context.Context) error { return nil }

// Host is this host's address on the network of the controller, which is that of its machines too where they are on this host.
func (l *localMachines) Host(ctx context.Context) (string, error) {
	return l.model.hostTowardsController(ctx)
}

func (c cloudMachines) Host(ctx context.Context) (string, error) {
	return c.model.hostTowardsController(ctx)
}

func (m *Model) hostTowardsController(ctx context.Context) (string, error) {
	return towards(ctx, m.connection.Addr().Hostname())
}

// towards is the address of this host on the way to another.
func towards(ctx context.Context, other string) (string, error) {
	// No packet is sent: connecting a UDP socket only asks for the route.
	probe, err := new(net.Dialer).DialContext(ctx, "udp", net.JoinHostPort(other, "9"))
	if err != nil {
		return "", fmt.Errorf("finding the way to %s: %w", other, err)
	}
	defer func() { _ = probe.Close() }()
	host, _, err := net.SplitHostPort(probe.LocalAddr().String())
	return host, err
}
