package connectors_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// newMarked is a cluster, and an owner told by a mark.
func newMarked(t *testing.T) (*cluster, connectors.Owned) {
	t.Helper()
	cluster, owned := newCluster(t)
	owned.Names, owned.Mark = nil, "payments"
	return cluster, owned
}

// withMarks is a configuration with marks, as pairs of key and value.
func withMarks(config map[string]string, pairs ...string) map[string]string {
	for i := 0; i < len(pairs); i += 2 {
		config[pairs[i]] = pairs[i+1]
	}
	return config
}

func TestAnOwnerToldByNothingIsRefused(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	owned.Names = nil
	cluster.put("a", config("x"))
	cluster.takeRequests()
	_, err := owned.Reconcile(t.Context(), connectors.Desired{}, connectors.Options{})
	require.ErrorContains(t, err, "neither names nor a mark")
	_, err = owned.Plan(t.Context(), connectors.Desired{}, connectors.Options{})
	require.Error(t, err)
	_, err = owned.Apply(t.Context(), connectors.Desired{}, connectors.Plan{}, connectors.Options{Wait: -1})
	require.Error(t, err)
	owned.Names = connectors.Suffix("")
	reconcile(t, owned, connectors.Desired{}, connectors.Options{Wait: -1})
	assert.Empty(t, cluster.takeWrites(), "a suffix that is empty is nobody's")
}

func TestOnlyWhatBearsTheMarkIsRemoved(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("theirs", withMarks(config("x"), "connect.manager", "them"))
	cluster.put("nobodys", config("x"))
	reconcile(t, owned, connectors.Desired{"lines": {Config: config("x")}}, connectors.Options{Wait: -1})
	assert.Equal(t, "payments", cluster.Config("lines")["connect.manager"])
	report := reconcile(t, owned, connectors.Desired{}, connectors.Options{Wait: -1})
	assert.Equal(t, []string{"nobodys", "theirs"}, cluster.Connectors())
	assert.Equal(t, "lines", one(t, report).Name, "others are not even reported")
}

func TestWhatIsThereAndNotOwnedIsRefusedUntilItIsAdopted(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("nobodys", config("old"))
	cluster.put("theirs", withMarks(config("old"), "connect.manager", "them"))
	cluster.takeRequests()
	desired := connectors.Desired{"nobodys": {Config: config("new"), State: paused}, "theirs": {Config: config("old")}}

	plan, err := owned.Plan(t.Context(), desired, connectors.Options{})
	require.NoError(t, err)
	assert.Empty(t, plan.Due())
	assert.Empty(t, plan.Unchanged)
	assert.Contains(t, plan.Changes[0].Refused, "adopt it")
	assert.Empty(t, plan.Changes[0].Keys, "its configuration is not this owner's to show")
	assert.Contains(t, plan.Changes[1].Refused, `"them"`)
	report := reconcile(t, owned, desired, connectors.Options{Wait: -1})
	require.ErrorIs(t, report.Err(), connectors.ErrNotOwned)
	assert.Equal(t, []string{"nobodys", "theirs"}, report.Summary().Failed)
	assert.False(t, report.Connectors[0].Exists)
	assert.Empty(t, cluster.takeWrites())

	report = reconcile(t, owned, desired, connectors.Options{AdoptAll: true, Wait: -1})
	assert.Equal(t, []string{"PUT nobodys/pause", "PUT nobodys/config"}, cluster.takeWrites(), "in one go with its change")
	assert.Equal(t, []string{"nobodys"}, report.Summary().Adopted)
	assert.Equal(t, []string{"theirs"}, report.Summary().Failed, "what is somebody's is adopted by name only")
	assert.Equal(t, "it is nobody's; 1 key of its configuration; it is RUNNING, to be PAUSED", report.Connectors[0].Reason)

	report = reconcile(t, owned, desired, connectors.Options{Adopt: []string{"theirs"}, Wait: -1})
	require.NoError(t, report.Err())
	assert.Equal(t, []string{"theirs"}, report.Summary().Adopted)
	assert.Equal(t, "payments", cluster.Config("theirs")["connect.manager"])
}

func TestAdoptAndReleaseAsTheyAre(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	secretive := withMarks(config("x"), "db.password", "hunter2")
	cluster.put("a", secretive)
	cluster.put("b", withMarks(config("x"), "connect.manager", "payments", "connect.manager.protected", "true", "connect.manager.offsets", "pending"))
	cluster.takeRequests()
	failures := owned.Adopt(t.Context(), "a", "b", "none")
	require.ErrorIs(t, failures.Err(), connect.ErrNotFound)
	assert.Equal(t, []string{"PATCH a/config"}, cluster.takeWrites(), "what is its own is left alone")
	assert.Equal(t, withMarks(secretive, "connect.manager", "payments", "name", "a"), cluster.Config("a"))

	require.NoError(t, owned.Release(t.Context(), "a", "b").Err())
	assert.NotContains(t, cluster.Config("a"), "connect.manager")
	assert.Equal(t, withMarks(config("x"), "name", "b"), cluster.Config("b"), "no mark stays behind")
	require.ErrorIs(t, owned.Release(t.Context(), "a").Err(), connectors.ErrNotOwned)
	reconcile(t, owned, connectors.Desired{}, connectors.Options{Wait: -1})
	assert.Equal(t, []string{"a", "b"}, cluster.Connectors())

	owned.Mark, owned.Names = "", connectors.Suffix("_r1")
	require.ErrorContains(t, owned.Adopt(t.Context(), "a").Err(), "told by names")
}

func TestProtectionOutlivesTheEntry(t *testing.T) {
	t.Parallel()
	for rule, names := range map[string]connectors.Names{"by mark": nil, "by names": marked{}} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			cluster, owned := newMarked(t)
			if names != nil {
				owned.Names, owned.Mark = names, ""
			}
			report := reconcile(t, owned, connectors.Desired{"a": {Config: config("x"), Protected: true}}, connectors.Options{Wait: -1})
			require.NoError(t, report.Err())
			cluster.takeRequests()

			report = reconcile(t, owned, connectors.Desired{}, connectors.Options{Wait: -1})
			require.ErrorIs(t, report.Err(), connectors.ErrProtected)
			assert.Empty(t, cluster.takeWrites())
			plan, err := owned.Plan(t.Context(), connectors.Desired{}, connectors.Options{})
			require.NoError(t, err)
			assert.Equal(t, []connectors.Action{connectors.Delete}, plan.Changes[0].Actions)
			assert.NotEmpty(t, plan.Changes[0].Refused)

			report = reconcile(t, owned, connectors.Desired{"a": {Config: config("x")}}, connectors.Options{Wait: -1})
			assert.Empty(t, one(t, report).Keys, "marks are no differences of the configuration")
			assert.Equal(t, "no more to be protected from deletion", report.Summary().Reasons["a"])
			report = reconcile(t, owned, connectors.Desired{}, connectors.Options{Wait: -1})
			require.NoError(t, report.Err())
			assert.Empty(t, cluster.Connectors())
		})
	}
}

func TestMarksAreNotTheConfigurationsToSet(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	report := reconcile(t, owned, connectors.Desired{"a": {Config: withMarks(config("x"), "connect.manager.protected", "true")}}, connectors.Options{Wait: -1})
	require.ErrorContains(t, report.Err(), "leave the key connect.manager.protected out")
	assert.Empty(t, cluster.Connectors())
}

// TestWhatIsToExportIsWithoutMarks: somebody may have written anything into them.
func TestWhatIsToExportIsWithoutMarks(t *testing.T) {
	t.Parallel()
	there := connectors.Owned{Mark: "payments"}.Of(map[string]connect.ListedConnector{
		"a": {Info: connect.Connector{Config: withMarks(config("x"), "name", "a", "connect.manager", "payments", "connect.manager.hidden", `["file"]`)}},
		"b": {Info: connect.Connector{Config: withMarks(config("x"), "connect.manager.hidden", `{"file"`, "connect.manager.offsets", "pending")}},
	})
	assert.Equal(t, connect.Settings(config("x")), there["a"].Config)
	assert.True(t, there["a"].Owned)
	assert.Equal(t, []string{"file"}, there["a"].Secret)
	assert.Equal(t, connect.Settings(config("x")), there["b"].Config)
	assert.False(t, there["b"].Owned)
	assert.Empty(t, there["b"].Secret)
}
