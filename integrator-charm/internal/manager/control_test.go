package manager_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/control"
)

const apiClass = "org.example.ApiSource"

// api is a connector with a credential.
const api = `
connectors:
  - name: api
    config: {connector.class: org.example.ApiSource, api_key: 123, start_date: 01-01-2022, batch: 10, pin: hunter1}
    control: {secret: [pin]}
`

// newAPI is a stage with a plugin that has credentials, and a directory for its secrets.
func newAPI(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	s.server.AddPlugin(apiClass, connect.Source,
		connect.FieldDefinition{Name: "api_key", Type: "STRING", Required: true}, connect.FieldDefinition{Name: "start_date", Type: "STRING"},
		connect.FieldDefinition{Name: "batch", Type: "INT"}, connect.FieldDefinition{Name: "pin", Type: "STRING"},
		connect.FieldDefinition{Name: "refresh", Type: "PASSWORD"}, connect.FieldDefinition{Name: "region", Type: "STRING"})
	s.vault = overlay.Directory{Place: overlay.Place{Provider: "secrets", Path: "/run/secrets"}, Dir: filepath.Join(s.dir, "vault")}
	return s
}

// says is a message that was emitted so many seconds after noon.
func says(t *testing.T, seconds int, config string) control.Message {
	t.Helper()
	at := time.Date(2026, 11, 23, 12, 0, seconds, 0, time.UTC).UnixMilli()
	message, err := control.Parse(fmt.Appendf(nil, `{"type":"CONNECTOR_CONFIG","emitted_at":%d,"connectorConfig":{"config":%s}}`, at-24*3600*1000, config))
	require.NoError(t, err)
	return message
}

func (s *stage) says(seconds int, config string) overlay.Taken {
	s.t.Helper()
	taken, err := s.Control(s.t.Context(), "", "api", "api's own", says(s.t, seconds, config), "")
	require.NoError(s.t, err)
	return taken
}

// own is a connector's configuration without marks and name.
func (s *stage) own(name string) map[string]string {
	config := s.server.Config(name)
	for key := range config {
		if key == "name" || strings.HasPrefix(key, "connect.manager") {
			delete(config, key)
		}
	}
	return config
}

func (s *stage) shown(name string) overlay.Shown {
	s.t.Helper()
	shown, err := s.Overlay(s.t.Context(), "", name)
	require.NoError(s.t, err)
	return shown
}

// applied waits until a connector has all that it has changed.
func (s *stage) applied(name string) overlay.Shown {
	s.t.Helper()
	s.until(func() bool { return s.shown(name).Applied })
	return s.shown(name)
}

func TestAMessageIsMergedPersistedAppliedAndTold(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.server.TakeWrites()
	taken := s.says(1, `{"region": "eu", "batch": 20}`)
	assert.Equal(t, overlay.Taken{Connector: "api", Version: 1, Outcome: overlay.TakenIn, Keys: []string{"batch", "region"}, Waiting: "it is about to be applied"}, taken)
	shown := s.applied("api")
	assert.Equal(t, []string{"PUT /connectors/api/config"}, s.server.TakeWrites(), "one change, and one restart")
	config := s.own("api")
	assert.Equal(t, "20", config["batch"])
	assert.Equal(t, "eu", config["region"])
	assert.Equal(t, "01-01-2022", config["start_date"], "what the message does not name stays")
	assert.Len(t, shown.Keys, 2)
	assert.Equal(t, "20", shown.Keys[0].Value)

	s.until(func() bool { return s.newest().Kind == "control" })
	assert.Equal(t, "api's own", s.newest().By)
	assert.Equal(t, "it has changed itself: batch, region", s.newest().Summary.Reasons["api"])

	assert.Equal(t, map[string][]string{"unchanged": {"api"}}, s.sync(), "the next sync does not undo it")
	plan, err := s.Plan(t.Context(), "", "ada")
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
	assert.Equal(t, map[string][]string{"api": {"batch", "region"}}, plan.Overlays)
	assert.Empty(t, s.server.TakeWrites())
	assert.Empty(t, s.listed("api").Drift)
	assert.Empty(t, s.status().Drifted)
}

func TestASecretReachesTheWorkersAsAFileAndNothingElseShowsIt(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.says(1, `{"api_key": "hunter2", "pin": "hunter3", "refresh": "hunter4", "region": "eu"}`)
	shown := s.applied("api")
	config := s.own("api")
	for key, value := range map[string]string{"api_key": "hunter2", "pin": "hunter3", "refresh": "hunter4"} {
		assert.Regexp(t, `^\$\{secrets:/run/secrets:[0-9a-f]{16}-[0-9a-f]{16}-1\}$`, config[key], key)
		file := strings.TrimSuffix(strings.TrimPrefix(config[key], "${secrets:/run/secrets:"), "}")
		content, err := os.ReadFile(filepath.Join(s.dir, "vault", file))
		require.NoError(t, err)
		assert.Equal(t, value, string(content))
		info, err := os.Stat(filepath.Join(s.dir, "vault", file))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	info, err := os.Stat(filepath.Join(s.dir, "vault"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	assert.Equal(t, "eu", config["region"])
	s.until(func() bool { return s.newest().Kind == "control" })

	plan, err := s.Plan(t.Context(), "", "ada")
	require.NoError(t, err)
	history, err := s.History(t.Context(), "", 0, 0)
	require.NoError(t, err)
	text, err := json.Marshal([]any{shown, plan, history, s.status(), s.listed("api")})
	require.NoError(t, err)
	assert.NotContains(t, string(text)+fmt.Sprint(s.server.Config("api")), "hunter")
	s.noSecretOnDisk("hunter")
}

// noSecretOnDisk looks through all that the manager has written, but for the vault and the state file.
func (s *stage) noSecretOnDisk(text string) {
	s.t.Helper()
	require.NoError(s.t, filepath.WalkDir(s.dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "vault" {
			return filepath.SkipDir
		}
		if err != nil || entry.IsDir() || entry.Name() == "state.yaml" || strings.Contains(path, "/state/") {
			return err
		}
		content, err := os.ReadFile(path)
		assert.NotContains(s.t, string(content), text, path)
		return err
	}))
}

func TestWithoutAWayToTheWorkersASecretIsRefusedAndTheConnectorGoesOn(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.vault = nil
	s.keep(api)
	s.server.TakeWrites()
	_, err := s.Control(t.Context(), "", "api", "ada", says(t, 1, `{"api_key": "hunter2"}`), "")
	require.ErrorIs(t, err, overlay.ErrNoWay)
	assert.NotContains(t, err.Error(), "hunter")
	assert.Equal(t, overlay.Shown{Connector: "api", Applied: true, Keys: []overlay.KeyShown{}}, s.shown("api"))
	assert.Equal(t, int64(1), s.says(2, `{"region": "eu"}`).Version, "what is no secret needs no way")
	s.applied("api")
	assert.Equal(t, []string{"PUT /connectors/api/config"}, s.server.TakeWrites())
}

func TestTheStateFileWinsForAKeyOnlyWhenItChangedLater(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.says(1, `{"batch": 20, "region": "eu", "pin": "hunter3"}`)
	s.applied("api")
	s.write(strings.Replace(api, "start_date: 01-01-2022", "start_date: 02-02-2022", 1))
	s.sync()
	config := s.own("api")
	assert.Equal(t, []string{"20", "eu", "02-02-2022"}, []string{config["batch"], config["region"], config["start_date"]}, "another key has changed")
	assert.Contains(t, config["pin"], "${secrets:")

	changed := strings.NewReplacer("batch: 10", "batch: 11", "hunter1", "hunter5").Replace(api)
	s.write(changed)
	plan, err := s.Plan(t.Context(), "", "ada")
	require.NoError(t, err)
	_ = plan
	assert.Equal(t, map[string][]string{"updated": {"api"}}, s.sync())
	config = s.own("api")
	assert.Equal(t, []string{"11", "eu", "hunter5"}, []string{config["batch"], config["region"], config["pin"]})
	shown := s.shown("api")
	require.Len(t, shown.Keys, 1)
	assert.Equal(t, "region", shown.Keys[0].Key)
	assert.Equal(t, int64(2), shown.Version)

	assert.Equal(t, overlay.Stale, s.says(0, `{"batch": 5}`).Outcome, "a message from before comes late")
	s.write(api)
	s.sync()
	assert.Equal(t, "10", s.own("api")["batch"], "the old value in the file again does not bring the message's back")
	s.says(9, `{"batch": 30}`)
	s.applied("api")
	assert.Equal(t, "30", s.own("api")["batch"], "a message that comes after the file's change holds")
}

func TestNullRemovesAndMessagesComeInAnyOrder(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	assert.Equal(t, overlay.TakenIn, s.says(5, `{"start_date": null, "batch": 50}`).Outcome)
	late := s.says(3, `{"start_date": "late", "batch": 30, "region": "eu"}`)
	assert.Equal(t, []string{"region"}, late.Keys, "of an older message, what no newer one has said")
	assert.Equal(t, overlay.Duplicate, s.says(5, `{"start_date": null, "batch": 50}`).Outcome)
	assert.Equal(t, overlay.Stale, s.says(4, `{"batch": 40}`).Outcome)
	shown := s.applied("api")
	assert.Equal(t, int64(2), shown.Version)
	config := s.own("api")
	assert.Equal(t, "50", config["batch"])
	assert.NotContains(t, config, "start_date")
	assert.Equal(t, "eu", config["region"])
	unknown, err := control.Parse([]byte(`{"type":"CONTROL","control":{"type":"OTHER","emitted_at":1}}`))
	require.NoError(t, err)
	taken, err := s.Control(t.Context(), "", "api", "ada", unknown, "")
	require.NoError(t, err)
	assert.Equal(t, overlay.Ignored, taken.Outcome)
}

func TestWhatDoesNotConformStopsTheConnectorUntilSomethingConforms(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.tells()
	owner := newEar(t)
	s.keep(strings.Replace(api, "    control:", fmt.Sprintf("    owner: {team: data, webhook: %s}\n    control:", owner.URL), 1))
	s.says(1, `{"batch": 20}`)
	s.applied("api")
	bad := says(t, 2, `{"batch": "many", "region": "eu", "tasks.max": 9}`)
	for range 2 { // it may come twice
		_, err := s.Control(t.Context(), "", "api", "api's own", bad, "")
		nonconforming := new(overlay.Nonconforming)
		require.ErrorAs(t, err, &nonconforming)
		require.Len(t, nonconforming.Problems, 1)
		assert.Equal(t, "tasks.max", nonconforming.Problems[0].Field)
	}
	_, err := s.Control(t.Context(), "", "api", "api's own", says(t, 3, `{"batch": "manyyy", "zone": 1}`), "")
	require.ErrorContains(t, err, "batch Invalid value *** for configuration batch: Not a number of type INT")
	require.ErrorContains(t, err, "zone is no key that its plugin knows")
	s.until(func() bool { return s.listed("api").State == connect.Stopped })
	assert.Equal(t, "20", s.own("api")["batch"], "the stored configuration is untouched")
	shown := s.shown("api")
	require.NotNil(t, shown.Halted)
	assert.Contains(t, shown.Halted.Reason, "batch")
	assert.Equal(t, int64(1), shown.Version)
	assert.Equal(t, []string{"api"}, s.status().Halted)
	s.until(func() bool {
		event, told := owner.last("halted")
		return told && strings.Contains(event.Text, "Not a number")
	})
	s.until(func() bool { return s.applied("api").Halted != nil })
	s.sync()
	assert.Equal(t, connect.Stopped, s.listed("api").State, "a sync keeps it stopped")
	s.again()
	s.sync()
	assert.Equal(t, connect.Stopped, s.listed("api").State, "and another process")

	s.says(4, `{"batch": 40}`)
	s.until(func() bool { return s.listed("api").State == connect.Running })
	assert.Equal(t, "40", s.own("api")["batch"])
	assert.Nil(t, s.applied("api").Halted)
}

func TestAHaltedConnectorIsReleasedByAPerson(t *testing.T) {
	t.Parallel()
	for name, release := range map[string]func(s *stage, file string) error{
		"resume":  func(s *stage, _ string) error { return s.Do(s.t.Context(), "", "api", manager.Resume, "ada") },
		"by hand": func(s *stage, _ string) error { return s.client().Resume(s.t.Context(), "api") },
		"clear": func(s *stage, _ string) error {
			_, err := s.ClearOverlay(s.t.Context(), "", "api", nil, "ada", "")
			return err
		},
		"file": func(s *stage, file string) error {
			s.write(strings.Replace(file, "batch: 10", "batch: 11", 1))
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t)
			s.tells()
			owner := newEar(t)
			file := strings.Replace(api, "    control:", fmt.Sprintf("    owner: {team: data, webhook: %s}\n    control:", owner.URL), 1)
			s.keep(file)
			_, err := s.Control(t.Context(), "", "api", "ada", says(t, 2, `{"batch": "many"}`), "")
			require.Error(t, err)
			s.until(func() bool { return s.listed("api").State == connect.Stopped && s.applied("api").Halted != nil })
			s.sync()
			require.NoError(t, release(s, file))
			s.sync()
			s.until(func() bool { return s.listed("api").State == connect.Running })
			s.sync()
			assert.Equal(t, connect.Running, s.listed("api").State)
			assert.Nil(t, s.applied("api").Halted)
			s.until(func() bool {
				_, told := owner.last("unhalted")
				return told
			})
		})
	}
}

func TestLostUpdatesAreRefusedByVersion(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.says(1, `{"batch": 20}`)
	for _, version := range []string{`"2"`, "7", "no"} {
		_, err := s.Control(t.Context(), "", "api", "ada", says(t, 2, `{"batch": 30}`), version)
		require.ErrorIs(t, err, overlay.ErrVersion, version)
		_, err = s.ClearOverlay(t.Context(), "", "api", nil, "ada", version)
		require.ErrorIs(t, err, overlay.ErrVersion, version)
	}
	taken, err := s.Control(t.Context(), "", "api", "ada", says(t, 2, `{"batch": 30}`), `"1"`)
	require.NoError(t, err)
	assert.Equal(t, int64(2), taken.Version)
	_, err = s.ClearOverlay(t.Context(), "", "api", []string{"region"}, "ada", "")
	require.ErrorIs(t, err, manager.ErrNotFound)
	shown, err := s.ClearOverlay(t.Context(), "", "api", []string{"batch"}, "ada", "*")
	require.NoError(t, err)
	assert.Equal(t, int64(3), shown.Version)
	assert.Empty(t, shown.Keys)
	s.applied("api")
	assert.Equal(t, "10", s.own("api")["batch"], "the file's again")
	s.again()
	assert.Equal(t, int64(3), s.shown("api").Version, "versions never go back")
	assert.Equal(t, int64(4), s.says(3, `{"batch": 40}`).Version)
}

func TestMetricsTellWhatBecomesOfMessages(t *testing.T) {
	t.Parallel()
	s := newAPI(t)
	s.keep(api)
	s.says(1, `{"batch": 20}`)
	s.says(1, `{"batch": 20}`)
	s.applied("api")
	_, err := s.Control(t.Context(), "", "api", "ada", says(t, 2, `{"batch": "many"}`), "")
	require.Error(t, err)
	s.until(func() bool { return s.metric("connect_manager_overlays_waiting", "") == 0 })
	assert.InDelta(t, 1, s.metric("connect_manager_control_messages_total", "taken"), 0)
	assert.InDelta(t, 1, s.metric("connect_manager_control_messages_total", "duplicate"), 0)
	assert.InDelta(t, 1, s.metric("connect_manager_control_messages_total", "nonconforming"), 0)
	assert.InDelta(t, 1, s.metric("connect_manager_halted_connectors", ""), 0)
}

// metric is the value of one with a label of this value; empty: whatever it has.
func (s *stage) metric(name, label string) float64 {
	s.t.Helper()
	families, err := s.metrics.Gather()
	require.NoError(s.t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == name && (label == "" || strings.Contains(metric.String(), `"`+label+`"`)) {
				return metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
			}
		}
	}
	s.t.Fatalf("no %s %s", name, label)
	return 0
}
