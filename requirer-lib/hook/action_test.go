package hook_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestAnActionReadsItsParametersAndAnswers(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.say(func(ctx context.Context, h *hook.Hook) error {
		assert.Equal(t, hook.Action, h.Kind)
		assert.Equal(t, "backup", h.Event.Action.Name)
		var params struct {
			To   string `json:"to"`
			Keep int    `json:"keep"`
		}
		require.NoError(t, h.ActionGet(ctx, &params))
		assert.Equal(t, "--there", params.To)
		assert.Equal(t, 3, params.Keep)
		require.NoError(t, h.ActionLog(ctx, "-- half way"))
		return h.ActionSet(ctx, map[string]string{"file": "a=b", "size.mib": "7", "note": "--x"})
	})
	result, err := s.RunAction(t.Context(), "server/0", "backup", map[string]any{"to": "--there", "keep": 3})
	require.NoError(t, err)
	assert.Equal(t, "completed", result.Status)
	assert.Equal(t, map[string]any{"file": "a=b", "size": map[string]any{"mib": "7"}, "note": "--x"}, result.Results)
	require.Len(t, result.Log, 1)
	assert.Equal(t, "-- half way", result.Log[0].Message)
}

func TestAnActionFailsWithItsMessage(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.say(func(ctx context.Context, h *hook.Hook) error {
		assert.Equal(t, hook.Action, h.Kind, "an action may have the name of a hook")
		assert.Equal(t, "install", h.Name)
		assert.ErrorContains(t, h.Reboot(ctx), "ask for a reboot: juju-reboot: ")
		refusal(t, h.ActionSet(ctx, map[string]string{"Upper": "x"}), "action-set", `key "Upper"`)
		return h.ActionFail(ctx, "--no space")
	})
	result, err := s.RunAction(t.Context(), "server/0", "install", nil)
	require.NoError(t, err)
	assert.Equal(t, "failed", result.Status)
	assert.Equal(t, "--no space", result.Message)
}

func TestOutsideOfAnActionItsToolsRefuse(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		refusal(t, h.ActionGet(ctx, &map[string]any{}), "action-get", "not running an action")
		refusal(t, h.ActionSet(ctx, map[string]string{"a": "b"}), "action-set", "not running an action")
		refusal(t, h.ActionLog(ctx, "a"), "action-log", "not running an action")
		refusal(t, h.ActionFail(ctx, "a"), "action-fail", "not running an action")
		return nil
	})
}

func TestTheLogTakesAnyMessage(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		for _, level := range []string{"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"} {
			require.NoError(t, h.JujuLog(ctx, level, "--debug is no option here"))
		}
		return nil
	})
}

func TestACredentialIsForTrustedApplicationsAndDoesNotShow(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{Trust: true})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		credential, err := h.CredentialGet(ctx)
		assert.Contains(t, credential.Reveal(), `"auth-type":"empty"`)
		assert.NotContains(t, fmt.Sprintf("%v %s %#v", credential, credential, credential), "auth-type")
		return err
	})
	s.in(t, "client/0", func(ctx context.Context, h *hook.Hook) error {
		_, err := h.CredentialGet(ctx)
		refusal(t, err, "credential-get", "permission denied")
		return nil
	})
}

func TestARebootIsAskedFor(t *testing.T) {
	t.Parallel()
	fake := &tools{}
	require.NoError(t, fake.hook(t).Reboot(t.Context()))
	assert.Equal(t, []hook.Call{{Tool: "juju-reboot"}}, fake.calls)
}
