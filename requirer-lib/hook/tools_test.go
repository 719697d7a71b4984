package hook_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

// remaining notes how much time each call has.
type remaining map[string]time.Duration

func (r remaining) Run(ctx context.Context, call hook.Call) ([]byte, error) {
	deadline, _ := ctx.Deadline()
	r[call.Tool] = time.Until(deadline)
	return nil, &hook.ToolError{Tool: call.Tool, ExitCode: 1, Message: "no"}
}

func TestEveryCallHasADeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		left := remaining{}
		h, err := hook.New([]string{"JUJU_UNIT_NAME=app/0", "JUJU_DISPATCH_PATH=hooks/start"}, left)
		require.NoError(t, err)
		_, _ = h.IsLeader(t.Context())
		_, _ = h.ResourceGet(t.Context(), "kafka")
		assert.Equal(t, hook.DefaultTimeout, left["is-leader"])
		assert.Equal(t, hook.ResourceTimeout, left["resource-get"], "a resource is downloaded")
		h.Tools = h.WithTimeout(time.Hour)
		_, _ = h.ResourceGet(t.Context(), "kafka")
		assert.Equal(t, time.Hour, left["resource-get"])
	})
}

func TestARefusalIsNeverTakenForValues(t *testing.T) {
	t.Parallel()
	h, err := hook.New([]string{"JUJU_UNIT_NAME=app/0", "JUJU_DISPATCH_PATH=hooks/start"}, remaining{})
	require.NoError(t, err)
	ctx := t.Context()
	for tool, call := range map[string]func() (any, error){
		"relation-ids":       func() (any, error) { return h.RelationIDs(ctx, "db") },
		"relation-get":       func() (any, error) { return h.RelationGet(ctx, 1, "app") },
		"relation-model-get": func() (any, error) { return h.RelationModelUUID(ctx, 1) },
		"secret-get":         func() (any, error) { return h.SecretGet(ctx, "secret:a", hook.Tracked) },
		"secret-info-get":    func() (any, error) { return h.SecretInfo(ctx, "secret:a") },
		"config-get":         func() (any, error) { return h.ConfigGet(ctx) },
		"state-get":          func() (any, error) { return h.StateGet(ctx) },
		"network-get":        func() (any, error) { return h.NetworkGet(ctx, "db") },
		"credential-get":     func() (any, error) { return h.CredentialGet(ctx) },
		"is-leader":          func() (any, error) { return h.IsLeader(ctx) },
	} {
		value, err := call()
		assert.Empty(t, value, tool)
		assert.Equal(t, &hook.ToolError{Tool: tool, ExitCode: 1, Message: "no"}, err)
	}
}

func TestARelationIDThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	_, err := withAnswer(t, `["db:1","db:x"]`).RelationIDs(t.Context(), "db")
	assert.ErrorContains(t, err, `relation-ids: relation id "db:x" is not a number`)
}
