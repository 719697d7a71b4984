package hook_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestNetworkGetTellsTheUnitsAddresses(t *testing.T) {
	t.Parallel()
	s, id := newStage(t, jujutest.DeployOptions{})
	unit, err := s.Unit("server/0")
	require.NoError(t, err)
	want := hook.Network{Bind: []string{unit.Address}, Ingress: []string{unit.Address}, Egress: []string{unit.Address + "/32"}}
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		network, err := h.NetworkGet(ctx, "db")
		require.NoError(t, err)
		assert.Equal(t, want, network)
		network, err = h.NetworkGetFor(ctx, "db", id)
		require.NoError(t, err)
		assert.Equal(t, want, network)
		_, err = h.NetworkGet(ctx, "nothing")
		refusal(t, err, "network-get", `no network config found for binding "nothing"`)
		return nil
	})
}

func TestNetworkGetReadsEveryInterface(t *testing.T) {
	t.Parallel()
	network, err := withAnswer(t, `{
		"bind-addresses": [
			{"mac-address": "aa", "interface-name": "eth0", "addresses": [{"hostname": "", "value": "10.0.0.5", "cidr": "10.0.0.0/24"}]},
			{"mac-address": "", "interface-name": "eth1", "addresses": [{"value": "fd00::5", "cidr": ""}, {"address": "10.1.0.5"}]},
			{"interface-name": "eth2", "addresses": []}],
		"egress-subnets": ["10.0.0.5/32"], "ingress-addresses": ["10.9.9.9", "fd00::9"]}`).NetworkGet(t.Context(), "db")
	require.NoError(t, err)
	assert.Equal(t, hook.Network{
		Bind: []string{"10.0.0.5", "fd00::5", "10.1.0.5"}, Ingress: []string{"10.9.9.9", "fd00::9"}, Egress: []string{"10.0.0.5/32"},
	}, network)
}

func TestPortsAreOpenedAndClosed(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		ports, err := h.OpenedPorts(ctx)
		require.NoError(t, err)
		assert.Empty(t, ports)
		require.NoError(t, h.OpenPort(ctx, 8083, "tcp"))
		require.NoError(t, h.OpenPort(ctx, 53, "udp"))
		require.NoError(t, h.OpenPort(ctx, 0, "icmp"))
		return nil
	})
	opened := func() (ports []string) {
		s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) (err error) {
			ports, err = h.OpenedPorts(ctx)
			return err
		})
		return ports
	}
	assert.ElementsMatch(t, []string{"8083/tcp", "53/udp", "icmp"}, opened())
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, h.ClosePort(ctx, 53, "udp"))
		require.NoError(t, h.ClosePort(ctx, 0, "icmp"))
		return nil
	})
	assert.Equal(t, []string{"8083/tcp"}, opened())
}

func TestAPortThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		refusal(t, h.OpenPort(ctx, 70000, "tcp"), "open-port", "70000")
		refusal(t, h.ClosePort(ctx, 80, "x"), "close-port", "x")
		return nil
	})
}
