package control_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

// overlay is what these tests read of GET /api/v1/overlays/{connector}.
type overlay struct {
	Version int
	Applied bool
	Waiting string
	Halted  *struct {
		Reason   string
		Problems []struct{ Field, Reason string }
	}
	Keys []struct {
		Key        string
		Value      *string
		Secret     bool
		Superseded bool
	}
}

func (m *manager) overlay() overlay {
	m.t.Helper()
	return get[overlay](m, "/api/v1/overlays/"+m.name)
}

// inForce is what the connector's task was given: the references of its configuration, as its worker reads them.
func (s *stage) inForce() (found credentials) {
	s.t.Helper()
	tasks, err := s.client().Tasks(s.t.Context(), s.name)
	if err != nil || len(tasks) != 1 {
		return credentials{}
	}
	return credentials{token: s.behind(tasks[0].Config["token"]), refresh: s.behind(tasks[0].Config["refresh.token"])}
}

// behind is what a reference stands for; empty, where the file is not there any more.
func (s *stage) behind(reference string) string {
	s.t.Helper()
	parts := strings.SplitN(strings.TrimSuffix(reference, "}"), ":", 3)
	require.Len(s.t, parts, 3, "a reference, and not %d characters of something else", len(reference))
	require.Equal(s.t, "${directory", parts[0])
	content, err := os.ReadFile(filepath.Join(parts[1], parts[2]))
	if err != nil {
		require.ErrorIs(s.t, err, fs.ErrNotExist)
	}
	return string(content)
}

func (s *stage) untilRenewed() {
	s.t.Helper()
	s.until("the connector is configured with the newest credentials", func() bool {
		newest, are := s.records.standing()
		return are && s.inForce() == newest
	})
}

// theTokenExpires is the story that control messages are for.
func theTokenExpires(t *testing.T, h *house) {
	w := h.worker(t, "renewing", 6*time.Second) // the least that there is: it is killed
	s := w.stage(t, "renewed", 10)
	m := s.managed()
	config := s.config("first", s.records.current())
	m.wants(config)
	m.begin()
	var took []time.Duration
	var total int
	for range 5 {
		total = s.records.release(10)
		s.untilArrived(total)
		s.untilRenewed()
		took = append(took, time.Since(s.lastMessage()))
	}
	t.Logf("from a message to a task that has it: %v", rounded(took))
	s.untilArrived(s.records.release(5))
	require.Equal(t, 5, s.records.expiries())
	assert.Zero(t, s.records.triesInVain(), "nobody has come with a token that was used before")
	assert.Equal(t, 5, m.overlay().Version)

	m.syncChangesNothing()
	m.noSecretIsShown()

	// The state file changes another key: what the connector has changed stays.
	config["interval.ms"] = "40"
	m.wants(config)
	s.until("the state file's change is there", func() bool {
		there, err := s.client().Config(t.Context(), s.name)
		return err == nil && there["interval.ms"] == "40"
	})
	s.untilRenewed()

	// A worker that has nothing but what is in Kafka, and in its files.
	w.crash(t)
	total = s.records.release(10)
	s.untilArrived(total)
	s.untilRenewed()
	assert.Zero(t, s.records.triesInVain())

	// The manager's disk is lost: what the connector has changed is noted in the cluster, and its secrets are with the worker.
	version := m.overlay().Version
	m.stop()
	require.NoError(t, os.RemoveAll(filepath.Join(m.dir, "data")))
	m.begin()
	m.syncChangesNothing()
	total = s.records.release(10)
	s.untilArrived(total)
	s.untilRenewed()
	assert.Zero(t, s.records.triesInVain())
	assert.Greater(t, m.overlay().Version, version)

	// Somebody logs in again, and says so in the state file: it is newer.
	s.records.logIn()
	m.wants(s.configWith(config, "second", s.records.current()))
	s.untilRenewed()
	total = s.records.release(15)
	s.untilArrived(total)
	s.untilRenewed()
	s.arrived.holdsEachOnce(t, total)
	assert.Empty(t, s.records.secretsIn(w.said.String()))
}

// controlRuns are what the history has of control messages.
func (m *manager) controlRuns() (runs []run) {
	m.t.Helper()
	for _, one := range get[[]run](m, "/api/v1/history?limit=1000") {
		if one.Kind == "control" {
			runs = append(runs, one)
		}
	}
	return runs
}

type run struct{ Kind, By, Result string }

func (s *stage) lastMessage() time.Time {
	s.t.Helper()
	s.untilTold()
	all := s.messages.all()
	return all[len(all)-1].Timestamp
}

// untilTold waits until there is a message for each of the server's tokens but the first: who reads the topic here may be late.
func (s *stage) untilTold() {
	s.t.Helper()
	s.until("each new token was told", func() bool { return len(s.messages.all()) >= s.records.expiries() })
}

func rounded(times []time.Duration) (short []time.Duration) {
	for _, one := range times {
		short = append(short, one.Round(10*time.Millisecond))
	}
	return short
}

func (s *stage) configWith(config connect.Settings, files string, has credentials) connect.Settings {
	s.t.Helper()
	changed := s.config(files, has)
	for key, value := range config {
		if key != "token" && key != "refresh.token" {
			changed[key] = value
		}
	}
	return changed
}

// syncChangesNothing has the manager make the connectors those of the state file, which does not know what the connector has said.
func (m *manager) syncChangesNothing() {
	m.t.Helper()
	status, body := m.ask(http.MethodPost, "/connectors/sync")
	require.Equal(m.t, http.StatusOK, status, body)
	assert.Contains(m.t, body, fmt.Sprintf(`"unchanged":[%q]`, m.name))
	assert.Equal(m.t, m.records.current(), m.inForce())
	for _, command := range []string{"plan", "sync"} { // which know no more than the cluster tells them
		said, err := m.command(command).CombinedOutput()
		require.NoError(m.t, err, "%s: %s", command, said)
		assert.Empty(m.t, m.records.secretsIn(string(said)))
	}
	assert.Equal(m.t, m.records.current(), m.inForce())
}

// noSecretIsShown looks everywhere but in the control topic, and in the files for the worker.
func (m *manager) noSecretIsShown() {
	m.t.Helper()
	assert.Empty(m.t, m.records.secretsIn(m.log.String()), "the manager's log")
	for _, path := range []string{"connectors", "overlays", "overlays/" + m.name, "history", "plans", "status", "clusters"} {
		status, body := m.ask(http.MethodGet, "/api/v1/"+path)
		assert.Equal(m.t, http.StatusOK, status, path)
		assert.Empty(m.t, m.records.secretsIn(body), path)
	}
	_, metrics := m.ask(http.MethodGet, "/metrics")
	assert.Empty(m.t, m.records.secretsIn(metrics), "metrics")
	assert.Empty(m.t, m.inFiles(m.dir, func(fs.FileInfo) {}), "the manager's files")
	kept := m.inFiles(m.secrets(), func(file fs.FileInfo) {
		assert.Equal(m.t, fs.FileMode(0o600), file.Mode().Perm(), file.Name())
	})
	newest := fmt.Sprint(m.records.expiries())
	assert.Subset(m.t, kept, []string{"token-" + newest, "refresh-" + newest}, "the worker's files")
	for _, name := range []string{"configs", "offsets", "status"} {
		stored := everythingIn(m.t, m.broker.Bootstrap(), m.worker.options.Group+"-"+name)
		assert.Contains(m.t, stored, m.name, name)
		assert.Empty(m.t, m.records.secretsIn(stored), name)
	}
}

// inFiles names the secrets in the files below a directory, and shows the files that have some.
func (m *manager) inFiles(dir string, show func(fs.FileInfo)) (found []string) {
	m.t.Helper()
	require.NoError(m.t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if secrets := m.records.secretsIn(string(content)); len(secrets) > 0 {
			info, err := entry.Info()
			if err != nil {
				return err
			}
			show(info)
			found = append(found, secrets...)
		}
		return nil
	}))
	return found
}
