package suite

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"connectcharms/tests/juju/model"

	"github.com/stretchr/testify/require"
)

// The containers of a pod of kafka-connect-k8s.
const (
	charmContainer    = "charm"
	workloadContainer = "kafka-connect"
)

// memory is the limit that each container of Kafka Connect's pods is given: a worker of 512 MiB of heap has to live in it, beside Pebble
// and the gateway.
const memory = "1200M"

// onPods is a model on Kubernetes: charm and services are in different containers of a pod, as different accounts that are not root.
type onPods struct {
	*model.Pods
	parts
	names *net.Resolver // knows the names of pods
}

func newOnPods(t *testing.T, m *model.Model, p parts) *onPods {
	t.Helper()
	pods, err := m.Pods(limited(t))
	require.NoError(t, err)
	dns, err := pods.DNS(limited(t))
	require.NoError(t, err)
	return &onPods{Pods: pods, parts: p, names: &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(dns, "53"))
		},
	}}
}

func (*onPods) prepare(context.Context, int, int) error { return nil }

func (o *onPods) kafkaConnect(d deployment) deployment {
	d.charm, d.resources, d.constraints = o.providerK8s, map[string]string{imageResource: o.images[0]}, "mem="+memory
	return d
}

// deployArgs never has --trust: no pod asks Kubernetes for anything.
func (*onPods) deployArgs(d deployment) []string {
	return []string{"--num-units", strconv.Itoa(d.units), "--constraints", d.constraints}
}

func (*onPods) spot(_ context.Context, unit string) (string, error) { return dashed(unit), nil }

// beside goes to the charm's container where there is no other, as with connect-integrator.
func (o *onPods) beside(ctx context.Context, spot, command string) (string, error) {
	return o.Exec(ctx, spot, workloadContainer, command)
}

func (o *onPods) inCharm(ctx context.Context, spot, command string) (string, error) {
	return o.Exec(ctx, spot, charmContainer, command)
}

func (*onPods) data(string) string { return "/var/lib/kafka-connect" }

// lines are no longer there when a container is another: a source that goes on behind the end of its file would never end.
func (*onPods) lines() string { return "/tmp" }

func (*onPods) traces() string {
	return "/var/lib/kafka-connect /var/lib/connect-integrator-* /var/lib/juju /var/log /tmp"
}

// remains looks at the namespace: nothing of the application may be left there, its volumes included.
func (o *onPods) remains(ctx context.Context, unit, _ string) (found string, err error) {
	all, err := o.Kubectl(ctx, "get", "all,persistentvolumeclaim,secret,configmap,serviceaccount,role,rolebinding", "--output", "name")
	if err != nil {
		return "", err
	}
	app, _, _ := strings.Cut(unit, "/")
	for name := range strings.Lines(all) {
		if strings.Contains(name, app) {
			found += name
		}
	}
	return found, nil
}

func (o *onPods) host(ctx context.Context) (string, error) { return o.Host(ctx) }

func (o *onPods) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{Resolver: o.names}).DialContext(ctx, network, address)
}

func (o *onPods) report(ctx context.Context) string {
	var text strings.Builder
	pods, err := o.Kubectl(ctx, "get", "pods", "--output", "wide")
	fmt.Fprintln(&text, pods, orNothing(err))
	names, _ := o.Kubectl(ctx, "get", "pods", "--output", "name")
	for name := range strings.FieldsSeq(names) {
		logs, err := o.Kubectl(ctx, "logs", name, "--all-containers", "--prefix", "--tail", "40")
		fmt.Fprintf(&text, "%s:\n%s%s\n", name, logs, orNothing(err))
	}
	return text.String()
}

// release does not wait for the namespace to end: with volumes that takes minutes.
func (*onPods) release(context.Context) error { return nil }
