package manager_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

// TestConnectManager has one worker for all of its parts.
func TestConnectManager(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	t.Run("the walk-through", func(t *testing.T) { theWalkThrough(t, h) }) // before there are others' connectors: they would be listed too
	for name, part := range map[string]func(*testing.T, *house){
		"what has failed is restarted":                                whatHasFailedIsRestarted,
		"a daemon that is killed in mid-sync is taken up":             aKilledSyncIsTakenUp,
		"what has drifted is repaired":                                whatHasDriftedIsRepaired,
		"clusters are kept apart, also from one that is out of reach": clustersAreKeptApart,
		"a connector's account speaks for its connector alone":        anAccountSpeaksForItsConnectorAlone,
		"what is in the topic outlasts a daemon that is killed":       theTopicOutlastsAKill,
		"connections say how they are":                                connectionsSayHowTheyAre,
		"what a connector changes of itself lasts":                    whatAConnectorChangesLasts,
		"a message that does not conform stops its connector":         aNonconformingMessageStops,
		"a connector's token is good for its messages alone":          aConnectorsTokenIsForItsMessages,
		"half of 500 connections are silent":                          halfOf500AreSilent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t, h)
		})
	}
}

// connector is what these tests read of GET /api/v1/connectors.
type connector struct {
	Name, State string
	Tasks       []struct{ State, Trace string }
	Restarts    struct {
		Attempts int
		GivenUp  bool
	}
}

func (s *stage) connector(name, query string) (found connector) {
	s.t.Helper()
	for _, one := range get[[]connector](s, "/api/v1/connectors"+query) {
		if one.Name == name {
			found = one
		}
	}
	return found
}

func source(name, file string) string {
	return fmt.Sprintf("  - {name: %s, config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, file: %s, topic: %s}}\n",
		name, file, name)
}

func whatHasFailedIsRestarted(t *testing.T, h *house) {
	s := h.stage(t)
	dir := filepath.Join(s.dir, "missing")
	s.write("state.yaml", fmt.Sprintf(`manager: failing
connectors:
  - name: failing
    config:
      connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector
      topics: failing
      file: %s/out
      value.converter: org.apache.kafka.connect.storage.StringConverter
    restart: {attempts: 1000, backoff: 500ms, max-backoff: 1s, reset-after: 1h}
`, dir))
	s.configure("interval: 1s", "main: {endpoints: ['"+s.worker.URL()+"'], state: state.yaml}")
	s.begin()
	var seen connector
	s.until("it was restarted", func() bool {
		seen = s.connector("failing", "")
		return seen.Restarts.Attempts >= 2 && len(seen.Tasks) == 1 && seen.Tasks[0].State == "FAILED"
	})
	assert.Contains(t, seen.Tasks[0].Trace, "Couldn't find or create file")
	// But not while it restarts.
	s.until("it is listed", func() bool { return slices.Contains(get[[]string](s, "/connectors/failed"), "failing") })

	require.NoError(t, s.serve.Process.Kill())
	_ = s.serve.Wait()
	s.begin()
	assert.GreaterOrEqual(t, s.connector("failing", "").Restarts.Attempts, 2, "attempts are counted on")
	s.until("the restart is counted", func() bool { // by this daemon: what the killed one asked for may still come
		_, metrics := s.ask(http.MethodGet, "/metrics")
		return strings.Contains(metrics, `connect_manager_restarts_total{cluster="main",result="ok"}`)
	})

	require.NoError(t, os.Mkdir(dir, 0o755))
	s.until("it runs", func() bool {
		seen = s.connector("failing", "")
		return len(seen.Tasks) == 1 && seen.Tasks[0].State == "RUNNING"
	})
	assert.False(t, seen.Restarts.GivenUp)
}

func aKilledSyncIsTakenUp(t *testing.T, h *house) {
	s := h.stage(t)
	file := strings.Builder{}
	file.WriteString("manager: killed\nconnectors:\n")
	const number = 24
	for i := range number {
		file.WriteString(source(fmt.Sprintf("killed-%02d", i), "/nonexistent"))
	}
	s.write("state.yaml", file.String())
	s.configure("interval: 1s", "main: {endpoints: ['"+s.worker.URL()+"'], state: state.yaml}")
	client := s.client()
	there := func() (names []string) {
		all, err := client.Connectors(t.Context())
		require.NoError(t, err)
		for _, name := range all {
			if strings.HasPrefix(name, "killed-") {
				names = append(names, name)
			}
		}
		return names
	}
	s.beginAndKill(func() bool { return len(there()) > 0 })
	left := len(there())
	t.Logf("killed when %d of %d were there", left, number)
	s.begin()
	s.until("all are there", func() bool { return len(there()) == number })
	s.until("none differs", func() bool {
		status, body := s.ask(http.MethodPost, "/connectors/sync")
		require.Equal(t, http.StatusOK, status, body)
		var summary struct{ Unchanged []string }
		require.NoError(t, json.Unmarshal([]byte(body), &summary))
		return len(summary.Unchanged) == number
	})
}

// beginAndKill starts the daemon and kills it as soon as something is so.
func (s *stage) beginAndKill(is func() bool) {
	s.t.Helper()
	s.start()
	s.until("it is killed", is)
	require.NoError(s.t, s.serve.Process.Kill())
	_ = s.serve.Wait()
}

func whatHasDriftedIsRepaired(t *testing.T, h *house) {
	s := h.stage(t)
	s.write("state.yaml", "manager: drifting\nconnectors:\n"+source("drifting", "/nonexistent"))
	s.configure("interval: 1s", "main: {endpoints: ['"+s.worker.URL()+"'], state: state.yaml}")
	s.begin()
	client := s.client()
	s.until("it runs", func() bool { return s.connector("drifting", "").State == "RUNNING" })
	require.NoError(t, client.Stop(t.Context(), "drifting"))
	_, _, err := client.PutConfig(t.Context(), "foreign", map[string]string{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "file": "/nonexistent", "topic": "foreign",
	})
	require.NoError(t, err)
	type run struct {
		Kind    string
		Summary struct{ Resumed []string }
	}
	s.until("it was repaired", func() bool {
		return slices.ContainsFunc(get[[]run](s, "/api/v1/history?limit=100"), func(one run) bool {
			return one.Kind == "repair" && slices.Equal(one.Summary.Resumed, []string{"drifting"})
		})
	})
	s.until("it runs again", func() bool { return s.connector("drifting", "").State == "RUNNING" })
	_, err = client.AwaitStatus(t.Context(), "foreign", func(status connect.Status) bool { return status.Connector.State == connect.Running })
	require.NoError(t, err, "what is nobody's is left alone")
	require.NoError(t, client.Delete(t.Context(), "foreign"))
}

func clustersAreKeptApart(t *testing.T, h *house) {
	s := h.stage(t)
	for _, name := range []string{"east", "west"} {
		s.write(name+".yaml", "connectors:\n"+source("apart", "/nonexistent/"+name))
	}
	context := "%[1]s: {endpoints: ['%[2]s'], state: %[1]s.yaml, name-suffix: _%[1]s}"
	east, west := fmt.Sprintf(context, "east", s.worker.URL()), fmt.Sprintf(context, "west", s.worker.URL())
	s.write("gone.yaml", "connectors: []")
	s.configure("contexts: [east, west, gone]", east, west, "gone: {endpoints: ['http://127.0.0.1:1'], state: gone.yaml}")
	s.begin()
	for _, name := range []string{"east", "west"} {
		s.until(name+" runs", func() bool { return s.connector("apart", "?cluster="+name).State == "RUNNING" })
		s.until(name+" has it alone", func() bool {
			return slices.Equal(get[[]string](s, "/connectors/running?cluster="+name), []string{"apart"})
		})
		_, err := s.client().Status(t.Context(), "apart_"+name)
		require.NoError(t, err)
	}
	status, body := s.ask(http.MethodGet, "/connectors/running")
	assert.Equal(t, http.StatusBadRequest, status, body)
	s.until("it is told that the third is not there", func() bool {
		gone := get[struct {
			Reachable bool
			Error     string
		}](s, "/api/v1/status?cluster=gone")
		return !gone.Reachable && strings.Contains(gone.Error, "the cluster does not answer")
	})

	s.rewrite("contexts: [east, west, gone]", "contexts: [east]")
	require.NoError(t, s.serve.Process.Signal(syscall.SIGHUP))
	s.until("west is let go", func() bool { return len(get[[]any](s, "/api/v1/clusters")) == 1 })
	s.until("east has it still", func() bool { return slices.Equal(get[[]string](s, "/connectors/running"), []string{"apart"}) })
	_, err := s.client().Status(t.Context(), "apart_west")
	require.NoError(t, err, "what is not kept any more is left as it is")
}

// rewrite changes the configuration.
func (s *stage) rewrite(old, by string) {
	s.t.Helper()
	config, err := os.ReadFile(filepath.Join(s.dir, "config.yaml"))
	require.NoError(s.t, err)
	require.Contains(s.t, string(config), old)
	s.write("config.yaml", strings.Replace(string(config), old, by, 1))
}
