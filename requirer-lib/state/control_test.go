package state_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/state"
)

func TestWhatAConnectorMayChangeIsMergedLikeTheRest(t *testing.T) {
	t.Parallel()
	text := corpus(t, "right")["testdata/right/control.yaml"]
	for environment, want := range map[string][]state.Control{
		"": {
			{Keys: []string{"a/[bc]"}, Secret: []string{"database.pin"}},
			{Keys: []string{"tasks.max"}, Secret: []string{}},
			{Keys: []string{"database.*", "token?"}, Secret: []string{"database.pin"}},
		},
		"production": {{Keys: []string{}}, {Secret: []string{}}, {Keys: []string{"database.*", "token?"}}},
	} {
		file, err := state.Parse(text, state.Options{Environment: environment})
		require.NoError(t, err)
		var got []state.Control
		for _, connector := range file.Connectors {
			got = append(got, connector.Control)
		}
		assert.Equal(t, want, got, environment)
	}
}

func TestAKeyThatTheFileCallsSecretIsSo(t *testing.T) {
	t.Parallel()
	file, err := state.Parse(corpus(t, "right")["testdata/right/control.yaml"], state.Options{})
	require.NoError(t, err)
	desired, err := file.Desired(state.Local{})
	require.NoError(t, err)
	assert.Equal(t, []string{"database.pin"}, desired["a"].Secret)
	assert.Empty(t, desired["c"].Secret, "it has no such key")
}
