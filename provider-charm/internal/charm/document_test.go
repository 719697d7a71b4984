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
	require.NoError(t, json.Unmarshal([]byte(`{"turn":"kafka-connect/1","clients":{"7":{"secret":"x"}},"wings":{"left":1}}`), &shared))
	assert.Equal(t, "kafka-connect/1", shared.Turn)
	shared.Turn = ""
	written, err := json.Marshal(shared)
	require.NoError(t, err)
	assert.JSONEq(t, `{"clients":{"7":{"secret":"x"}},"wings":{"left":1}}`, string(written))

	require.Error(t, json.Unmarshal([]byte(`[]`), &shared))
	written, err = json.Marshal(Shared{Turn: "a/0"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"turn":"a/0"}`, string(written))
}
