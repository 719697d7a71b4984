package charm

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatANewerCharmHasWrittenOutlivesARollback(t *testing.T) {
	t.Parallel()
	var shared Shared
	require.NoError(t, json.Unmarshal([]byte(`{"rollout":{"unit":"kafka-connect/1"},"clients":{"7":{"secret":"x"}},"wings":{"left":1}}`), &shared))
	assert.Equal(t, "kafka-connect/1", shared.Turn.Unit)
	shared.Turn = Turn{}
	written, err := json.Marshal(shared)
	require.NoError(t, err)
	assert.JSONEq(t, `{"clients":{"7":{"secret":"x"}},"wings":{"left":1}}`, string(written))

	require.Error(t, json.Unmarshal([]byte(`[]`), &shared))
	written, err = json.Marshal(Shared{Turn: Turn{Unit: "a/0"}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"rollout":{"unit":"a/0"}}`, string(written))
}
