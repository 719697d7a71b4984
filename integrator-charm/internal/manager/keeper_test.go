package manager_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/state"
)

func TestTheFileIsCarriedOutAtTheBeginning(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep(lines)
	assert.Equal(t, []string{"lines"}, s.server.Connectors())
	assert.Equal(t, []string{"POST /connectors"}, s.server.TakeWrites())
	status := s.status()
	assert.True(t, status.Reachable)
	assert.Equal(t, []string{"lines"}, status.LastSync.Summary.Added)
	assert.Equal(t, "connect-manager", status.LastSync.By)
	assert.Equal(t, map[string][]string{"unchanged": {"lines"}}, s.sync())
	assert.Empty(t, s.server.TakeWrites())
}

func TestAFileThatChangesIsCarriedOutAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.watched = true
	s.keep(lines)
	s.write(strings.ReplaceAll(lines, "name: lines", "name: others"))
	s.until(func() bool { return assert.ObjectsAreEqual([]string{"others"}, s.server.Connectors()) })
}

func TestAWrongFileChangesNothingAndIsSaid(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.watched = true
	s.keep(lines)
	s.write(lines + "    pausedd: true\n")
	s.until(func() bool { return len(s.status().Problems) == 1 })
	assert.Equal(t, "paused", s.status().Problems[0].Nearest)
	_, err := s.Sync(t.Context(), "", "ada")
	problems := state.Problems{}
	require.ErrorAs(t, err, &problems)
	_, err = s.Validate(t.Context(), "")
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, []string{"lines"}, s.server.Connectors())

	require.NoError(t, s.client().Delete(t.Context(), "lines"))
	s.again()
	assert.Equal(t, []string{"lines"}, s.server.Connectors(), "the last good one stays in force, also over a restart")
	assert.Len(t, s.status().Problems, 1)
}

// again ends the manager and begins another one, as a process that is started again.
func (s *stage) again() {
	s.t.Helper()
	s.Keep(nil)
	s.begin()
	s.Keep([]manager.Cluster{s.cluster("main")})
	s.until(func() bool { return s.Ready() == nil })
}

func TestASourceThatHasNoFileChangesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep(lines)
	require.NoError(t, os.Remove(s.path()))
	_, err := s.Sync(t.Context(), "", "ada")
	require.ErrorIs(t, err, manager.ErrSource)
	_, err = s.Validate(t.Context(), "")
	require.ErrorIs(t, err, manager.ErrSource)
	assert.NotEmpty(t, s.status().SourceError)
	s.write("")
	_, err = s.Sync(t.Context(), "", "ada")
	require.ErrorIs(t, err, manager.ErrSource)
	assert.Equal(t, []string{"lines"}, s.server.Connectors())
}

func TestWhatHasDriftedIsRepairedOrReported(t *testing.T) {
	t.Parallel()
	for _, policy := range []settings.Drift{settings.Repair, settings.Report} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.rules.Interval, s.rules.Drift = time.Second, policy
			s.keep(lines)
			require.NoError(t, s.client().Pause(t.Context(), "lines"))
			if policy == settings.Repair {
				s.until(func() bool { return s.listed("lines").State == connect.Running })
				s.until(func() bool { return s.newest().Kind == "repair" })
				assert.Equal(t, []string{"lines"}, s.newest().Summary.Resumed)
				return
			}
			s.until(func() bool { return assert.ObjectsAreEqual([]string{"lines"}, s.status().Drifted) })
			s.again()
			s.until(func() bool { return assert.ObjectsAreEqual([]string{"lines"}, s.status().Drifted) })
			assert.Equal(t, connect.Paused, s.listed("lines").State, "that the file was carried out is known after a restart")
			assert.Equal(t, map[string][]string{"resumed": {"lines"}}, s.sync(), "when a person asks")
		})
	}
}

func (s *stage) listed(name string) manager.Connector {
	s.t.Helper()
	all, err := s.Connectors(s.t.Context(), "")
	require.NoError(s.t, err)
	for _, one := range all {
		if one.Name == name {
			return one
		}
	}
	s.t.Fatalf("no connector %s in %v", name, all)
	return manager.Connector{}
}

func (s *stage) newest() manager.Run {
	s.t.Helper()
	runs, err := s.History(s.t.Context(), "", 1, 0)
	require.NoError(s.t, err)
	require.NotEmpty(s.t, runs)
	return runs[0]
}

func TestWhoStandsByOnlyWatches(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.rules.Active = false
	s.keep(lines)
	assert.Empty(t, s.server.TakeWrites())
	assert.Equal(t, []string{"lines"}, s.status().Drifted)
	_, err := s.Sync(t.Context(), "", "ada")
	require.ErrorIs(t, err, manager.ErrStandby)
	require.ErrorIs(t, s.Do(t.Context(), "", "lines", manager.Pause, "ada"), manager.ErrStandby)
	assert.Equal(t, manager.Missing, s.listed("lines").State)

	cluster := s.cluster("main")
	cluster.Rules.Active, cluster.Digest = true, "active"
	s.Keep([]manager.Cluster{cluster})
	s.until(func() bool { return assert.ObjectsAreEqual([]string{"lines"}, s.server.Connectors()) })
}

func TestASyncGoesOnWhenWhoHasAskedHasGone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep("connectors: []")
	s.rules.Interval = time.Hour
	s.write(lines)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Sync(gone, "", "ada")
	require.ErrorIs(t, err, context.Canceled)
	s.until(func() bool { return assert.ObjectsAreEqual([]string{"lines"}, s.server.Connectors()) })
}

func TestManyWhoAskShareASync(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep(lines)
	before := s.newest().ID
	done := make(chan error)
	for range 50 {
		go func() {
			_, err := s.Sync(t.Context(), "", "ada")
			done <- err
		}()
	}
	for range 50 {
		require.NoError(t, <-done)
	}
	assert.Less(t, s.newest().ID-before, int64(50))
}

func TestAClusterThatDoesNotAnswerHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.patience = 5 * time.Second
	s.write(lines)
	s.Keep([]manager.Cluster{s.cluster("main"), s.clusterAt("gone", "http://127.0.0.1:1")})
	s.until(func() bool { return assert.ObjectsAreEqual([]string{"lines"}, s.server.Connectors()) })
	s.until(func() bool {
		status, err := s.Status("gone")
		return err == nil && status.Error != ""
	})
	runs, err := s.History(t.Context(), "gone", 10, 0)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(runs), 1, "an outage is one entry of the history")
	_, err = s.Status("")
	require.ErrorIs(t, err, manager.ErrWhichCluster)
	_, err = s.Status("elsewhere")
	require.ErrorIs(t, err, manager.ErrNotFound)
	assert.Equal(t, []string{"gone", "main"}, []string{s.Clusters()[0].Name, s.Clusters()[1].Name})
}

func TestWhatIsUnchangedInTheConfigurationGoesOn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep(lines)
	before := s.status().NextSync
	s.Keep([]manager.Cluster{s.cluster("main")})
	assert.Equal(t, before, s.status().NextSync)
	other := s.cluster("main")
	other.Digest = "other"
	s.Keep([]manager.Cluster{other})
	s.until(func() bool { next := s.status().NextSync; return next != nil && !next.Equal(*before) })
}

func TestVerbsAreForTheManagersOwnConnectors(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep(lines)
	_, err := s.client().Create(t.Context(), "foreign", map[string]string{"connector.class": class}, "")
	require.NoError(t, err)
	require.ErrorIs(t, s.Do(t.Context(), "", "foreign", manager.Delete, "ada"), manager.ErrInvalid)
	require.ErrorIs(t, s.Do(t.Context(), "", "nobody", manager.Delete, "ada"), manager.ErrNotFound)
	require.NoError(t, s.Do(t.Context(), "", "lines", manager.Pause, "ada"))
	assert.Equal(t, connect.Paused, s.listed("lines").State)
	run := s.newest()
	assert.Equal(t, []any{"pause", "ada", []string{"lines"}}, []any{run.Kind, run.By, run.Summary.Paused})
	assert.False(t, s.listed("foreign").Owned)
}

func TestAFileThatTheDiskDidNotTakeIsKeptWhenItDoes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.rules.Interval = 50 * time.Millisecond
	kept := filepath.Join(s.dir, "state", "main.json")
	require.NoError(t, os.MkdirAll(filepath.Join(kept, "in the way"), 0o700)) // as a full disk
	s.keep(lines)
	s.until(func() bool { return s.status().LastSync != nil })
	require.NoError(t, os.RemoveAll(kept))
	s.until(func() bool {
		content, err := os.ReadFile(kept)
		return err == nil && strings.Contains(string(content), `"done"`)
	})
}
