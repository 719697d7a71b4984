package charm

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/gateway"
)

// A gateway that Pebble was starting while the hook looked has the accounts of before: nobody else would have it read the new ones
// before the next hook, which may be minutes away.
func TestAGatewayThatComesUpMeanwhileTakesTheAccounts(t *testing.T) {
	t.Parallel()
	u := &unit{layout: layout{data: t.TempDir()}}
	require.NoError(t, u.layout.make(0))
	u.control = gateway.Control{Socket: u.layout.controlFile()}
	_, hash, err := newPassword("relation-1")
	require.NoError(t, err)
	before := accounts.Set{{Username: "relation-1", Hash: hash, Relation: 1}}
	require.NoError(t, before.WriteFile(u.layout.accountsFile()))
	runGateway(t, u)

	ended := accounts.Set{}
	require.NoError(t, WriteAccounts{Accounts: ended}.Apply(t.Context(), u, &World{}), "the gateway was not up when the world was observed")
	status, err := u.control.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, ended.Revision(), status.Revision)
	assert.Empty(t, status.Accounts)
}

// runGateway runs a unit's gateway until the end of the test.
func runGateway(t *testing.T, u *unit) {
	t.Helper()
	document, err := json.Marshal(gateway.Config{
		Listen: "127.0.0.1:0", Upstream: "http://127.0.0.1:1", Accounts: u.layout.accountsFile(), Control: u.layout.controlFile(),
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(u.layout.gatewayFile(), document, 0o600))
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- gateway.Run(ctx, u.layout.gatewayFile(), prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() {
		end()
		assert.NoError(t, <-ended)
	})
	require.Eventually(t, func() bool {
		_, err := u.control.Status(ctx)
		return err == nil
	}, time.Minute, time.Millisecond)
}
