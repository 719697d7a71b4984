package state_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/state"
)

const layered = `
defaults: {state: stopped, protected: true, config: {a: 4, b: 4, c: 4, d: 4}, owner: {team: four, email: four@example.org}, restart: {attempts: 4, backoff: 4s}}
environments:
  production:
    defaults: {paused: true, config: {a: 3, b: 3, c: 3}, owner: {team: three, email: null}, labels: {l: "3"}, restart: {attempts: null}}
    connectors:
      a: {state: running, config: {a: 1, d: null}, labels: {m: null}, offsets: []}
      c: null
connectors:
  - name: a
    paused: true
    protected: false
    config: {connector.class: X, a: 2, b: 2}
    labels: {l: "2", m: "2"}
    offsets: [{partition: {}, offset: {}}]
  - {name: b, config: {connector.class: Y}}
  - {name: c, config: {connector.class: Z}, state: running}
`

func texts(config map[string]state.Value) map[string]string {
	shown := map[string]string{}
	for key, value := range config {
		shown[key] = value.Text()
	}
	return shown
}

func TestWhatIsSaidOfOneGoesBeforeWhatIsSaidOfAllAndTheEnvironmentBeforeTheFile(t *testing.T) {
	t.Parallel()
	file, err := state.Parse([]byte(layered), state.Options{Environment: "production"})
	require.NoError(t, err)
	require.Len(t, file.Connectors, 2, "c is not in this environment")
	a, b := file.Connectors[0], file.Connectors[1]
	assert.Equal(t, map[string]string{"connector.class": "X", "a": "1", "b": "2", "c": "3"}, texts(a.Config))
	assert.Equal(t, map[string]string{"connector.class": "Y", "a": "3", "b": "3", "c": "3", "d": "4"}, texts(b.Config))
	assert.Equal(t, []connect.State{connect.Running, connect.Paused}, []connect.State{a.State, b.State}, "state and paused are one thing")
	assert.Equal(t, []bool{false, true}, []bool{a.Protected, b.Protected})
	assert.Equal(t, map[string]string{"l": "2"}, a.Labels)
	assert.Equal(t, state.Owner{Team: "three"}, b.Owner)
	assert.Equal(t, state.DefaultRestart.Attempts, b.Restart.Attempts, "a default that is taken away")
	assert.Equal(t, "4s", b.Restart.Backoff.String())
	assert.Nil(t, a.Offsets)
}

func TestWithoutAnEnvironmentTheFileCountsAsItStands(t *testing.T) {
	t.Parallel()
	file, err := state.Parse([]byte(layered), state.Options{})
	require.NoError(t, err)
	require.Len(t, file.Connectors, 3)
	a := file.Connectors[0]
	assert.Equal(t, map[string]string{"connector.class": "X", "a": "2", "b": "2", "c": "4", "d": "4"}, texts(a.Config))
	assert.Equal(t, []connect.State{connect.Paused, connect.Stopped, connect.Running}, []connect.State{a.State, file.Connectors[1].State, file.Connectors[2].State})
	assert.Len(t, a.Offsets, 1)
	assert.Equal(t, state.DefaultManager, file.Manager)
}

func TestAnEnvironmentThatIsNotThereIsAProblem(t *testing.T) {
	t.Parallel()
	_, err := state.Parse([]byte(layered), state.Options{Environment: "prodution"})
	require.EqualError(t, err, `there is no environment prodution (line 3, column 1; did you mean "production"?)`)
	_, err = state.Parse([]byte("connectors: []"), state.Options{Environment: "production"})
	require.EqualError(t, err, "there is no environment production")
}
