package manager_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/control"
)

func TestABurstIsOneChange(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.server.TakeWrites()
	begun := time.Now()
	for i := range 20 {
		s.says(i, fmt.Sprintf(`{"batch": %d}`, 100+i))
	}
	shown := s.applied("api")
	assert.Equal(t, int64(20), shown.Version)
	assert.Equal(t, "119", s.own("api")["batch"])
	assert.LessOrEqual(t, len(s.server.TakeWrites()), 2+int(time.Since(begun)/time.Second), "one a second, and one for the last")
	s.until(func() bool { return s.controlRuns() > 0 })
}

func TestMessagesAtTheSameTimeAreAllTaken(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(strings.Replace(api, "control: {", `control: {keys: ["k*"], `, 1))
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() { s.says(i, fmt.Sprintf(`{"k%d": %d}`, i, i)) })
	}
	all.Wait()
	shown := s.applied("api")
	assert.Equal(t, int64(12), shown.Version)
	assert.Len(t, shown.Keys, 12)
}

func TestAMessageDoesNotCarryOutWhatWaitsForApproval(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.approvals = approval.Config{Expires: 1e15, Rules: []approval.Rule{{Name: "all", Approvers: 1}}}
	s.keep("connectors: []")
	s.Keep(nil)
	s.approvals.Rules[0].Match.Changes = []connectors.Action{connectors.Update}
	s.begin()
	s.keep(api)
	s.write(strings.NewReplacer("start_date: 01-01-2022", "start_date: 02-02-2022", "batch: 10", "batch: 11").Replace(api))
	assert.Equal(t, map[string][]string{"held": {"api"}}, s.sync())
	s.says(1, `{"region": "eu"}`)
	s.applied("api")
	config := s.own("api")
	assert.Equal(t, []string{"eu", "01-01-2022", "10"}, []string{config["region"], config["start_date"], config["batch"]}, "no rule holds what a connector changes itself")
	waiting, err := s.Plan(t.Context(), "", "bob")
	require.NoError(t, err)
	require.Equal(t, "pending", waiting.State)
	_, err = s.Approve(t.Context(), waiting.ID, "bob", "")
	require.NoError(t, err)
	s.until(func() bool { return s.own("api")["start_date"] == "02-02-2022" })
	assert.Equal(t, "eu", s.own("api")["region"])
}

func TestWhatTheFileHasWonBackWaitsForApprovalToo(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.approvals = approval.Config{Expires: 1e15, Rules: []approval.Rule{{Name: "all", Approvers: 1, Match: approval.Match{Changes: []connectors.Action{connectors.Update}}}}}
	s.begin()
	s.keep(api)
	s.says(1, `{"batch": 20}`)
	s.applied("api")
	s.write(strings.Replace(api, "batch: 10", "batch: 11", 1))
	assert.Equal(t, map[string][]string{"held": {"api"}}, s.sync())
	s.says(2, `{"region": "eu"}`)
	s.applied("api")
	assert.Equal(t, "20", s.own("api")["batch"], "nobody has agreed to the file's yet")
	assert.True(t, s.shown("api").Keys[0].Superseded)
	s.write(api)
	assert.Equal(t, map[string][]string{"unchanged": {"api"}}, s.sync(), "the file has been put back")
	assert.Equal(t, "20", s.own("api")["batch"])
}

func TestWhoMayNotBeAskedOrIsNotThere(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	_, err := s.client().Create(t.Context(), "theirs", map[string]string{"connector.class": class, "topic": "t", "connect.manager": "another"}, "")
	require.NoError(t, err)
	s.keep(api + "  - {name: theirs, config: {connector.class: " + class + ", topic: t}}\n")
	message := says(t, 1, `{"batch": 20}`)
	_, err = s.Control(t.Context(), "", "none", "ada", message, "")
	require.ErrorIs(t, err, manager.ErrNotFound)
	_, err = s.Overlay(t.Context(), "", "none")
	require.ErrorIs(t, err, manager.ErrNotFound)
	_, err = s.Control(t.Context(), "", "theirs", "ada", message, "")
	require.ErrorIs(t, err, manager.ErrInvalid)
	_, err = s.Control(t.Context(), "elsewhere", "api", "ada", message, "")
	require.ErrorIs(t, err, manager.ErrNotFound)

	s.rules.Active = false
	s.Keep(nil)
	s.begin()
	s.keep(api)
	_, err = s.Control(t.Context(), "", "api", "ada", message, "")
	require.ErrorIs(t, err, manager.ErrStandby)
	_, err = s.ClearOverlay(t.Context(), "", "api", nil, "ada", "")
	require.ErrorIs(t, err, manager.ErrStandby)
	require.ErrorIs(t, s.Refuse(t.Context(), "", "api", "ada", control.Problems{{Field: "connectorConfig.config.a", Reason: "is a list"}}), manager.ErrStandby)
}

func TestAClusterThatIsAwayJudgesNothing(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.patience = 5 * time.Second
	s.keep(api)
	s.server.Close()
	s.clock.passes(2 * time.Second)
	_, err := s.Control(t.Context(), "", "api", "ada", says(t, 1, `{"batch": "many"}`), "")
	require.ErrorIs(t, err, manager.ErrCluster)
	shown, err := s.Overlay(t.Context(), "", "api")
	require.ErrorIs(t, err, manager.ErrCluster, "nobody knows whether there is one: %v", shown)
}

func TestAMessageIsForAConnectorThatRestsOrIsNotThereYet(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"paused", "stopped"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t)
			s.keep(strings.Replace(api, "    config:", "    state: "+state+"\n    config:", 1))
			s.says(1, `{"batch": 20}`)
			s.applied("api")
			assert.Equal(t, strings.ToUpper(state), string(s.listed("api").State))
			assert.Equal(t, "20", s.own("api")["batch"])
		})
	}
	t.Run("failed", func(t *testing.T) {
		t.Parallel()
		s := newAPI(t)
		s.keep(strings.Replace(api, "    control:", "    restart: {attempts: 0}\n    control:", 1))
		s.server.Fail("api", "the token is over")
		s.says(1, `{"batch": 20}`)
		s.applied("api")
		s.until(func() bool { return s.listed("api").ListedAs() == "running" })
	})
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		s := newAPI(t)
		s.keep(api)
		require.NoError(t, s.client().Delete(t.Context(), "api"))
		s.clock.passes(2 * time.Second)
		taken := s.says(1, `{"batch": 20, "pin": "hunter3"}`)
		assert.Equal(t, "the connector is not there", taken.Waiting)
		s.sync()
		config := s.own("api")
		assert.Equal(t, "20", config["batch"])
		assert.Contains(t, config["pin"], "${secrets:")
		s.applied("api")
		s.until(func() bool { return s.controlRuns() == 1 })
	})
}

func TestWhatIsDeletedForGoodIsForgottenAndItsVersionIsNot(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.says(1, `{"batch": 20, "pin": "hunter3"}`)
	s.applied("api")
	require.NoError(t, s.Do(t.Context(), "", "api", manager.Delete, "ada"))
	s.sync()
	assert.Equal(t, "20", s.own("api")["batch"], "the file still has it: so it is as it was")
	s.write("connectors: []")
	assert.Equal(t, map[string][]string{"removed": {"api"}}, s.sync())
	assert.Empty(t, s.server.Connectors())
	files, err := os.ReadDir(filepath.Join(s.dir, "vault"))
	require.NoError(t, err)
	assert.Empty(t, files)
	s.write(api)
	s.sync()
	assert.Equal(t, "10", s.own("api")["batch"])
	assert.Equal(t, int64(2), s.shown("api").Version)
}

func TestWhatIsPersistedAndNotAppliedIsAppliedByTheNextProcessOnce(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.server.Refuse("api", http.StatusInternalServerError, "not now")
	s.says(1, `{"batch": 20, "pin": "hunter3"}`)
	s.until(func() bool { return strings.Contains(s.shown("api").Waiting, "not now") })
	half := s.copyStore()
	s.server.Refuse("api", 0, "")
	s.again()
	s.applied("api")
	s.until(func() bool { return s.controlRuns() == 1 })
	version := s.shown("api").Version
	s.server.TakeWrites()

	// The process was killed after the cluster had it, and before that was noted.
	s.Keep(nil)
	s.useStore(half)
	s.again()
	s.applied("api")
	s.until(func() bool { return s.controlRuns() == 1 })
	assert.Empty(t, s.server.TakeWrites(), "the cluster has it already")
	assert.Equal(t, version, s.shown("api").Version)
	assert.Equal(t, overlay.Duplicate, s.says(1, `{"batch": 20, "pin": "hunter3"}`).Outcome, "whoever got no answer sends it again")
	s.sync()
	assert.Equal(t, 1, s.controlRuns())
}

// controlRuns is how often it is in the history that a connector has changed itself.
func (s *stage) controlRuns() (number int) {
	s.t.Helper()
	history, err := s.History(s.t.Context(), "", 0, 0)
	require.NoError(s.t, err)
	for _, run := range history {
		if run.Kind == "control" {
			number++
		}
	}
	return number
}

// copyStore copies what is on disk now, as a kill would leave it.
func (s *stage) copyStore() (path string) {
	s.t.Helper()
	path = filepath.Join(s.t.TempDir(), "half.db")
	for _, part := range []string{"", "-wal"} {
		content, err := os.ReadFile(s.store.Path() + part)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		require.NoError(s.t, err)
		require.NoError(s.t, os.WriteFile(path+part, content, 0o600))
	}
	return path
}

func (s *stage) useStore(path string) {
	s.t.Helper()
	opened, err := store.Open(context.Background(), path, store.Options{})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { assert.NoError(s.t, opened.Close()) })
	s.store = opened
}

func TestAManagerThatHasLostItsDataTakesOverWhatTheClusterHasNoted(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.says(1, `{"batch": 20, "pin": "hunter3"}`)
	s.says(2, `{"region": "eu"}`)
	s.applied("api")
	config := s.own("api")
	s.Keep(nil)
	s.useStore(filepath.Join(t.TempDir(), "new.db"))
	s.server.TakeWrites()
	s.again()
	assert.Equal(t, map[string][]string{"unchanged": {"api"}}, s.sync())
	assert.Equal(t, config, s.own("api"))
	shown := s.shown("api")
	assert.Len(t, shown.Keys, 3)
	assert.GreaterOrEqual(t, shown.Version, int64(2))
	assert.Empty(t, s.server.TakeWrites())
	s.says(3, `{"batch": 30}`)
	s.applied("api")
	assert.Equal(t, []string{"30", "eu", config["pin"]}, []string{s.own("api")["batch"], s.own("api")["region"], s.own("api")["pin"]})
}

func TestSecretsThatOnlyTheClusterHasNotedStayWithTheWorkers(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.says(1, `{"pin": "hunter3", "refresh": "hunter4"}`)
	s.applied("api")
	behind := func(key string) string {
		_, file, _ := strings.Cut(strings.TrimSuffix(s.own("api")[key], "}"), "/run/secrets:")
		return filepath.Join(s.dir, "vault", file)
	}
	pin, refresh := behind("pin"), behind("refresh")
	s.Keep(nil)
	s.useStore(filepath.Join(t.TempDir(), "new.db"))
	s.again()
	s.sync()
	s.says(2, `{"refresh": "hunter5"}`)
	s.until(func() bool { return behind("refresh") != refresh })
	s.applied("api")
	assert.Equal(t, pin, behind("pin"))
	assert.FileExists(t, pin, "the configuration refers to it")
	assert.FileExists(t, refresh, "a task may still be about to read it")
	assert.FileExists(t, behind("refresh"))

	s.says(3, `{"refresh": "hunter6"}`)
	s.applied("api")
	newest := behind("refresh")
	s.clock.passes(2 * time.Minute)
	s.Keep(nil)
	s.again()
	s.until(func() bool {
		s.clock.passes(time.Minute)
		s.sync()
		left, err := filepath.Glob(filepath.Join(s.dir, "vault", "*"))
		require.NoError(t, err)
		return len(left) == 2
	})
	assert.FileExists(t, pin)
	assert.FileExists(t, newest)
}

func TestAnotherKeyThanTheOneThatSealedIsNoEnd(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.says(1, `{"batch": 20}`)
	s.applied("api")
	s.Keep(nil)
	require.NoError(t, os.Remove(filepath.Join(s.dir, "overlay.key")))
	s.again()
	s.sync()
	assert.Equal(t, "20", s.own("api")["batch"])
	assert.GreaterOrEqual(t, s.says(2, `{"batch": 30}`).Version, int64(2))
}

func TestAReloadInTheMiddleLosesNoMessage(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(strings.Replace(api, "control: {", `control: {keys: ["k*"], `, 1))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			message := says(t, i, fmt.Sprintf(`{"k%d": %d}`, i, i))
			s.until(func() bool { // as whoever sends it does
				_, err := s.Control(t.Context(), "", "api", "ada", message, "")
				return err == nil
			})
		})
		other := s.cluster("main")
		other.Digest = fmt.Sprint(i)
		s.Keep([]manager.Cluster{other})
	}
	all.Wait()
	shown := s.applied("api")
	assert.Len(t, shown.Keys, 8)
	assert.Equal(t, int64(8), shown.Version)
}

func TestACharmBringsSecretsAndSaysWhenTheyAreThere(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.vault = overlay.Courier{Place: overlay.Place{Provider: "connector-secrets", Path: "/relation-7"}}
	s.keep(api)
	s.server.TakeWrites()
	s.says(1, `{"pin": "hunter3", "batch": 20}`)
	s.until(func() bool { return s.shown("api").Waiting == overlay.ErrUndelivered.Error() })
	assert.Equal(t, map[string][]string{"unchanged": {"api"}}, s.sync(), "a sync does not go ahead of the secret")
	assert.Empty(t, s.server.TakeWrites())
	document, err := s.ExportOverlays(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, document.Files, 1)
	for _, value := range document.Files {
		assert.Equal(t, "hunter3", value)
	}
	require.NoError(t, s.Delivered(t.Context(), "", document.Version-1))
	s.sync()
	assert.Empty(t, s.server.TakeWrites(), "that is not the one")
	require.NoError(t, s.Delivered(t.Context(), "", document.Version))
	s.applied("api")
	assert.Equal(t, []string{"PUT /connectors/api/config"}, s.server.TakeWrites())
	again, err := s.ExportOverlays(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, document.Version, again.Version, "that it is applied is nothing to be kept")

	_, err = s.Control(t.Context(), "", "api", "ada", says(t, 2, `{"batch": "many", "pin": "hunter4"}`), "")
	require.Error(t, err)
	s.until(func() bool { return s.listed("api").State == connect.Stopped })

	s.Keep(nil)
	s.useStore(filepath.Join(t.TempDir(), "another-unit.db"))
	s.rules.Active = false
	s.again()
	for range 2 {
		require.NoError(t, s.ImportOverlays(t.Context(), "", document))
	}
	imported, err := s.ExportOverlays(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, document.Version, imported.Version, "what is merged again is the same")
	assert.Equal(t, document.Files, imported.Files)
	require.ErrorIs(t, s.ImportOverlays(t.Context(), "", overlay.Document{Overlays: []json.RawMessage{json.RawMessage("{")}}), manager.ErrInvalid)
}

// The next relation has the secrets in another place: connectors may not refer to that of the one that has ended.
func TestSecretsAreBroughtAnewWhereWorkersFindThemElsewhere(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.vault = overlay.Courier{Place: overlay.Place{Provider: "connector-secrets", Path: "/relation-7"}}
	s.keep(api)
	s.says(1, `{"pin": "hunter3"}`)
	before, err := s.ExportOverlays(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, s.Delivered(t.Context(), "", before.Version))
	s.until(func() bool { return strings.HasPrefix(s.own("api")["pin"], "${connector-secrets:/relation-7:") })

	s.Keep(nil)
	s.vault = overlay.Courier{Place: overlay.Place{Provider: "connector-secrets", Path: "/relation-8"}}
	s.keep(api)
	now, err := s.ExportOverlays(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, before.Files, now.Files)
	assert.Greater(t, now.Version, before.Version, "whoever has brought them before has not brought these")
	require.NoError(t, s.Delivered(t.Context(), "", now.Version))
	s.until(func() bool { return strings.HasPrefix(s.own("api")["pin"], "${connector-secrets:/relation-8:") })
}

func TestAMessageThatCannotBeOneStopsTheConnector(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	_, err := control.Parse([]byte(`{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{"batch":{"a":1}}}}`))
	var problems control.Problems
	require.ErrorAs(t, err, &problems)
	err = s.Refuse(t.Context(), "", "api", "ada", problems)
	nonconforming := new(overlay.Nonconforming)
	require.ErrorAs(t, err, &nonconforming)
	assert.Equal(t, "batch", nonconforming.Problems[0].Field)
	s.until(func() bool { return s.listed("api").State == connect.Stopped })
	elsewhere := control.Problems{{Field: "emitted_at", Reason: "has to be a number"}}
	require.EqualError(t, s.Refuse(t.Context(), "", "api", "ada", elsewhere), "emitted_at has to be a number")
}

func TestNothingIsAppliedBeforeNewerMessagesWereRead(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.server.Refuse("api", http.StatusInternalServerError, "not now")
	s.says(1, `{"batch": 20}`)
	s.Keep(nil)
	s.begin()
	caughtUp := s.AwaitBacklog(time.Hour)
	s.server.Refuse("api", 0, "")
	s.keep(api)
	s.server.TakeWrites()
	s.sync()
	assert.Empty(t, s.server.TakeWrites())
	s.says(2, `{"batch": 30}`)
	caughtUp()
	s.applied("api")
	assert.Equal(t, "30", s.own("api")["batch"])
	assert.Equal(t, []string{"PUT /connectors/api/config"}, s.server.TakeWrites(), "the older one was never in the cluster")
}

func TestOldSecretsAreLetGoOfWhenNobodyCanWantThemAnyMore(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	files := func() int {
		entries, err := os.ReadDir(filepath.Join(s.dir, "vault"))
		require.NoError(t, err)
		return len(entries)
	}
	s.says(1, `{"pin": "hunter3"}`)
	s.applied("api")
	s.says(2, `{"pin": "hunter4"}`)
	s.applied("api")
	s.sync()
	assert.Equal(t, 2, files(), "a task may still be about to read the old one")
	s.clock.passes(2 * time.Minute)
	s.sync()
	assert.Equal(t, 1, files())
	require.NoError(t, os.RemoveAll(filepath.Join(s.dir, "vault")))
	s.sync()
	assert.Equal(t, 1, files(), "what is lost is written again")
	assert.Equal(t, 1, strings.Count(fmt.Sprint(s.own("api")), "-2}"))
}
