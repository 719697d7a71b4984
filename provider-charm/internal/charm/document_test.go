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

// Whatever stands in a peer databag, which units of other versions write as well, it is refused, or read and written without loss.
func FuzzPeerDatabags(f *testing.F) {
	for _, document := range []string{
		`{"rollout":{"unit":"kafka-connect/1"},"clients":{"7":{"secret":"x"}},"wings":{"left":1}}`, `{"requests":{"7/a":{}}}`, `{"plugins":{"1":{}}}`, `{"requests":[]}`, `[]`, `null`,
	} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, read := range []any{new(Report), new(Shared)} {
			if json.Unmarshal(document, read) != nil {
				continue
			}
			once, err := json.Marshal(read)
			require.NoError(t, err)
			again := new(Shared)
			if _, is := read.(*Shared); !is {
				continue
			}
			require.NoError(t, json.Unmarshal(once, again))
			twice, err := json.Marshal(again)
			require.NoError(t, err)
			assert.JSONEq(t, string(once), string(twice))
		}
	})
}
