package suite

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"connectcharms/tests/juju/model"
)

// onMachines is a model of machines: the charm and its services are on the same one, as root and as an account of the system.
type onMachines struct {
	parts
	model    *model.Model
	machines model.Machines
	ids      []string // of the machines
}

// prepare adds machines, and keeps each with a unit that does nothing: Juju removes a machine with its last unit.
func (o *onMachines) prepare(ctx context.Context, withJava, withoutJava int) error {
	for _, some := range []struct {
		kind  model.MachineKind
		count int
	}{{model.WithJava, withJava}, {model.WithoutJava, withoutJava}} {
		if some.count == 0 {
			continue
		}
		ids, err := o.machines.Add(ctx, some.count, some.kind)
		if err != nil {
			return err
		}
		o.ids = append(o.ids, ids...)
	}
	for _, id := range o.ids {
		if _, err := o.machines.Exec(ctx, id, "mkdir -m 1777 -p "+o.lines()); err != nil {
			return err
		}
	}
	_, err := o.model.Juju(ctx, "deploy", o.keeper, keeper, "--num-units", strconv.Itoa(len(o.ids)), "--to", strings.Join(o.ids, ","))
	return err
}

func (o *onMachines) kafkaConnect(d deployment) deployment {
	d.charm, d.resources = o.provider, map[string]string{"kafka": o.kafka.Archive}
	return d
}

func (o *onMachines) deployArgs(d deployment) []string {
	on := o.ids[d.first : d.first+d.units]
	return []string{"--num-units", strconv.Itoa(d.units), "--to", strings.Join(on, ",")}
}

func (o *onMachines) spot(ctx context.Context, unit string) (string, error) {
	status, err := o.model.Status(ctx)
	if err != nil {
		return "", err
	}
	app, _, _ := strings.Cut(unit, "/")
	return status.Applications[app].Units[unit].Machine, nil
}

func (o *onMachines) beside(ctx context.Context, spot, command string) (string, error) {
	return o.machines.Exec(ctx, spot, command)
}

func (o *onMachines) inCharm(ctx context.Context, spot, command string) (string, error) {
	return o.machines.Exec(ctx, spot, command)
}

func (*onMachines) data(unit string) string { return "/var/lib/" + dashed(unit) }

// dashed is a unit's name as it stands in names of other things.
func dashed(unit string) string { return strings.ReplaceAll(unit, "/", "-") }

func (*onMachines) lines() string { return "/srv/lines" }

func (*onMachines) traces() string {
	return "/var/lib/kafka-connect-* /var/lib/connect-integrator-* /var/log/juju"
}

func (o *onMachines) remains(ctx context.Context, unit, spot string) (found string, err error) {
	return o.machines.Exec(ctx, spot, strings.Join([]string{
		"ls -d " + o.data(unit) + " 2>/dev/null",
		"systemctl list-units --all --plain --no-legend 'kafka-connect-*'",
		"ls /etc/systemd/system | grep kafka-connect",
		"pgrep --full --list-full 'pebble ru[n]|ConnectDistribute[d]|kafka-connect gatewa[y]'",
		"true",
	}, "; "))
}

func (o *onMachines) host(ctx context.Context) (string, error) { return o.machines.Host(ctx) }

func (*onMachines) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (o *onMachines) report(ctx context.Context) string {
	var text strings.Builder
	for _, id := range o.ids {
		logs, err := o.machines.Exec(ctx, id,
			"tail -n 40 /var/log/juju/unit-k*.log /var/log/juju/unit-c*.log; journalctl -n 15 -u 'kafka-connect-*' --no-pager || true")
		fmt.Fprintf(&text, "machine %s:\n%s%s\n", id, logs, orNothing(err))
	}
	return text.String()
}

func (o *onMachines) release(ctx context.Context) error { return o.machines.Release(ctx) }
