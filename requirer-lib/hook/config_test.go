package hook_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestConfigHasTheTypesOfItsOptions(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{Config: map[string]any{"port": 1000000}})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		config, err := h.ConfigGet(ctx)
		require.NoError(t, err)
		assert.Equal(t, "main", config.String("name"))
		assert.Equal(t, 1000000, config.Int("port"))
		assert.Equal(t, "1000000", config.String("port"), "a number keeps its form")
		assert.Equal(t, 9007199254740993, config.Int("big"), "an integer keeps every digit")
		assert.InDelta(t, 0.25, config.Float("ratio"), 0)
		assert.True(t, config.Bool("on"))
		assert.Contains(t, config, "unset")
		for _, name := range []string{"unset", "unknown"} {
			assert.Empty(t, config.String(name))
			assert.Zero(t, config.Int(name))
			assert.Zero(t, config.Float(name))
			assert.False(t, config.Bool(name))
		}
		return nil
	})
}

func TestAConfigOfATestMayHaveGosOwnNumbers(t *testing.T) {
	t.Parallel()
	for _, number := range []any{3, 3.0, json.Number("3")} {
		config := hook.Config{"n": number}
		assert.Equal(t, 3, config.Int("n"))
		assert.InDelta(t, 3, config.Float("n"), 0)
		assert.Equal(t, "3", config.String("n"))
	}
}

func TestAConfigThatIsNoObjectIsRefused(t *testing.T) {
	t.Parallel()
	_, err := withAnswer(t, `["a"]`).ConfigGet(t.Context())
	assert.ErrorContains(t, err, "config-get: its answer is not the JSON expected")
}
