package connectors_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connecttest"
)

const overlaid = "org.apache.kafka.connect.file.FileStreamSourceConnector"

// scene is a connector that has changed what its owner declares: file is its own, topic is gone, batch.size is as declared.
func overlaidScene(t *testing.T) (*connecttest.Server, connectors.Owned, connectors.Connector) {
	t.Helper()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	client, err := connect.New(connect.Config{Endpoints: []string{server.URL()}})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	owned := connectors.Owned{Client: client, Mark: "me"}
	declared := connectors.Connector{Config: connect.Settings{"connector.class": overlaid, "file": "hunter1", "topic": "t", "batch.size": "1"}, Secret: []string{"file"}}
	laid := declared
	laid.Config = connect.Settings{"connector.class": overlaid, "file": "hunter2", "topic": "own", "batch.size": "1"}
	laid.Overlay = &connectors.Overlay{Keys: map[string]connectors.Laid{
		"file":  {Version: 1, Base: connectors.NewBase("hunter1", true, true)},
		"topic": {Version: 2, Base: connectors.NewBase("t", true, false)},
	}}
	report, err := owned.Reconcile(t.Context(), connectors.Desired{"a": laid}, connectors.Options{Wait: -1})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	server.TakeWrites()
	return server, owned, declared
}

func TestWhatAConnectorHasChangedItselfStaysForWhoeverKnowsNothingOfIt(t *testing.T) {
	t.Parallel()
	server, owned, declared := overlaidScene(t)
	plan, err := owned.Plan(t.Context(), connectors.Desired{"a": declared}, connectors.Options{})
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
	assert.Equal(t, map[string][]string{"a": {"file", "topic"}}, plan.Overlays)
	report, err := owned.Reconcile(t.Context(), connectors.Desired{"a": declared}, connectors.Options{Wait: -1})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	assert.Empty(t, server.TakeWrites())

	declared.Config = connect.Settings{"connector.class": overlaid, "file": "hunter1", "topic": "t", "batch.size": "2"}
	plan, err = owned.Plan(t.Context(), connectors.Desired{"a": declared}, connectors.Options{})
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
	require.Len(t, plan.Changes[0].Keys, 1, "what is declared otherwise, and that alone")
	assert.Equal(t, "batch.size", plan.Changes[0].Keys[0].Key)
	_, err = owned.Apply(t.Context(), connectors.Desired{"a": declared}, plan, connectors.Options{Wait: -1})
	require.NoError(t, err)
	config := server.Config("a")
	assert.Equal(t, []string{"hunter2", "own", "2"}, []string{config["file"], config["topic"], config["batch.size"]})
	assert.NotEmpty(t, config["connect.manager.overlay"], "the next one knows it, too")
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "hunter")
}

func TestAKeyThatIsDeclaredOtherwiseSinceIsAsDeclared(t *testing.T) {
	t.Parallel()
	server, owned, declared := overlaidScene(t)
	declared.Config["file"] = "hunter3"
	report, err := owned.Reconcile(t.Context(), connectors.Desired{"a": declared}, connectors.Options{Wait: -1})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	config := server.Config("a")
	assert.Equal(t, []string{"hunter3", "own"}, []string{config["file"], config["topic"]})
	there, err := owned.Observe(t.Context())
	require.NoError(t, err)
	assert.Len(t, there["a"].Overlay().Keys, 1)
	delete(declared.Config, "topic")
	plan, err := owned.Plan(t.Context(), connectors.Desired{"a": declared}, connectors.Options{})
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1, "that a key is not declared any more is a change, too")
	assert.Empty(t, plan.Overlays)
}

func TestWhoKnowsTheOverlayKnowsBetterThanTheCluster(t *testing.T) {
	t.Parallel()
	server, owned, declared := overlaidScene(t)
	declared.Overlay = &connectors.Overlay{}
	report, err := owned.Reconcile(t.Context(), connectors.Desired{"a": declared}, connectors.Options{Wait: -1})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	config := server.Config("a")
	assert.Equal(t, "hunter1", config["file"])
	assert.NotContains(t, config, "connect.manager.overlay")
}

func TestAConnectorThatIsKeptStoppedIsSoForEverybodyUntilItIsDeclaredOtherwise(t *testing.T) {
	t.Parallel()
	_, owned, declared := overlaidScene(t)
	halted := declared
	halted.State = connect.Stopped
	halted.Overlay = &connectors.Overlay{Halted: connectors.NewEntryBase(declared)}
	_, err := owned.Reconcile(t.Context(), connectors.Desired{"a": halted}, connectors.Options{Wait: -1})
	require.NoError(t, err)
	plan, err := owned.Plan(t.Context(), connectors.Desired{"a": declared}, connectors.Options{})
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
	require.NoError(t, owned.Client.Resume(t.Context(), "a"))
	plan, err = owned.Plan(t.Context(), connectors.Desired{"a": declared}, connectors.Options{})
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
	assert.Contains(t, plan.Changes[0].Reason, "did not conform")
	declared.Config["batch.size"] = "3"
	plan, err = owned.Plan(t.Context(), connectors.Desired{"a": declared}, connectors.Options{})
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
	assert.Equal(t, connect.Running, plan.Changes[0].To)
}

func TestABaseTellsWhetherSomethingIsStillDeclaredSo(t *testing.T) {
	t.Parallel()
	for _, isSecret := range []bool{false, true} {
		base := connectors.NewBase("hunter2", true, isSecret)
		assert.True(t, base.Is("hunter2", true))
		assert.False(t, base.Is("hunter3", true))
		assert.False(t, base.Is("", false))
		assert.NotContains(t, string(base), "hunter2")
		assert.NotEqual(t, base, connectors.NewBase("hunter2", true, isSecret), "it has a salt")
	}
	none := connectors.NewBase("", false, true)
	assert.True(t, none.Is("", false))
	assert.False(t, none.Is("", true), "an empty value is one")
	for _, text := range []connectors.Base{"", "x", "p..", "s.%.x", "z.aa.bb", "p.a"} {
		assert.False(t, text.Is("", false), text)
	}
}

// Whoever may write a connector's configuration may write anything into the mark.
func FuzzAnOverlayThatSomebodyHasWritten(f *testing.F) {
	f.Add(`{"keys":{"file":{"version":1,"base":"p.AAAA.BBBB"},"connect.manager":{},"name":{}},"halted":"s.a.b"}`)
	f.Add(`[`)
	f.Add(`{"keys":null,"halted":7}`)
	f.Fuzz(func(t *testing.T, mark string) {
		owned := connectors.Owned{Mark: "me"}
		there := owned.Of(map[string]connect.ListedConnector{"a": {Info: connect.Connector{
			Config: connect.Settings{"connector.class": "X", "connect.manager": "me", "connect.manager.overlay": mark, "file": "1"},
		}}})
		desired := connectors.Desired{"a": {Config: connect.Settings{"connector.class": "X", "file": "2"}}}
		plan := owned.Decide(desired, there, connectors.Options{})
		assert.LessOrEqual(t, len(plan.Changes), 1)
		for _, change := range plan.Changes {
			assert.Empty(t, change.Refused)
		}
	})
}
