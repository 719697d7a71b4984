package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/schemas"
)

const seed = `manager: payments
defaults:
  owner: {team: data}
  config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, tasks.max: 1}
environments:
  production: {connectors: {wikipedia-irc: {paused: true}}}
connectors:
- name: replicate-topic
  config: {topic: copies}
- name: wikipedia-irc
  owner: {team: streams}
  labels: {tier: gold}
  paused: false
  config: {topic: wikipedia, irc.channels: "#en.wikipedia,#de.wikipedia", irc.password: {secret: irc, key: password}}
`

// seeded has the state file as its context's, and the secret that it refers to.
func seeded(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.environ["CONNECT_STATE"] = b.write("state.yaml", seed)
	b.write("secrets/irc/password", "hunter2\n")
	b.environ["CONNECT_SECRETS_DIR"] = filepath.Join(b.dir, "secrets")
	b.program.Now = func() time.Time { return time.Date(2026, 11, 23, 4, 5, 6, 0, time.UTC) }
	return b
}

// edit replaces a text of the state file.
func (b *bench) edit(from, to string) {
	b.Helper()
	text, err := os.ReadFile(b.environ["CONNECT_STATE"])
	require.NoError(b, err)
	require.Contains(b, string(text), from)
	b.write("state.yaml", strings.Replace(string(text), from, to, 1))
}

func TestPlanShowsAndSyncDoes(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	planned := b.run("plan")
	assert.Equal(t, result{code: 2, out: `+ replicate-topic: create, running
    + connector.class: "org.apache.kafka.connect.file.FileStreamSourceConnector"
    + tasks.max: "1"
    + topic: "copies"
+ wikipedia-irc: create, running
    + connector.class: "org.apache.kafka.connect.file.FileStreamSourceConnector"
    + irc.channels: "#en.wikipedia,#de.wikipedia"
    ~ irc.password: (secret)
    + tasks.max: "1"
    + topic: "wikipedia"
default: 2 to create; 0 unchanged.
`}, planned)
	assert.Empty(t, b.server.TakeWrites())

	synced := b.run("sync")
	assert.Equal(t, result{0, "replicate-topic: added\nwikipedia-irc: added\n", "default: 2 changed, 0 unchanged\n"}, synced)
	assert.Equal(t, "hunter2", b.server.Config("wikipedia-irc")["irc.password"])
	b.server.TakeWrites()
	assert.Equal(t, result{0, "default: nothing to change; 2 unchanged.\n", ""}, b.run("plan"))
	assert.Equal(t, result{0, "", "default: 0 changed, 2 unchanged\n"}, b.run("sync"))
	assert.Empty(t, b.server.TakeWrites(), "where nothing differs, nothing is written")

	b.edit("#en.wikipedia,", "")
	assert.Equal(t, "wikipedia-irc: updated, paused (1 key of its configuration; it is RUNNING, to be PAUSED)\n", b.ok("sync", "-e", "production"))
	b.edit("- name: replicate-topic\n  config: {topic: copies}\n", "")
	assert.Equal(t, "replicate-topic: removed (not desired any more)\nwikipedia-irc: resumed (it is PAUSED, to be RUNNING)\n", b.ok("sync"))
}

func TestSyncAsADocument(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	assert.JSONEq(t, `{"context": "default", "added": ["replicate-topic", "wikipedia-irc"], "removed": [], "updated": [], "adopted": [], "paused": [],
	  "resumed": [], "stopped": [], "restarted": [], "unchanged": [], "failed": [], "held": [], "reasons": {"replicate-topic": "not there", "wikipedia-irc": "not there"}}`, b.ok("sync", "-o", "json"))
}

func TestEachConnectorFailsAlone(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	b.server.Refuse("wikipedia-irc", 400, "hunter2 is no good password")
	synced := b.run("sync")
	assert.Equal(t, 1, synced.code)
	assert.Equal(t, "replicate-topic: added\n", synced.out)
	assert.Contains(t, synced.err, "wikipedia-irc: ")
	assert.Contains(t, synced.err, "connect-manager: 1 of the connectors on default failed\n")
	assert.NotContains(t, synced.err, "hunter2")
}

func TestWhatIsNobodysIsAdoptedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	b.create("replicate-topic", "other")
	planned := b.run("plan")
	assert.Contains(t, planned.out, "! replicate-topic: adopt (it is nobody's; 2 keys of its configuration)\n"+
		"    ! a connector of this name is there and not this owner's: adopt it, or choose another name\n")
	assert.Equal(t, 1, b.run("sync").code)
	assert.Equal(t, 0, b.run("sync", "--adopt", "replicate-topic").code)
	assert.Equal(t, "payments", b.server.Config("replicate-topic")["connect.manager"])
	assert.NotContains(t, b.server.Config("other"), "connect.manager")

	assert.Equal(t, "other: adopted\n", b.ok("adopt", "other"))
	assert.Equal(t, "other: released\n", b.ok("release", "other"))
	assert.Equal(t, "other: adopted\n", b.ok("import", "other", "--manager", "else"))
	assert.Equal(t, "else", b.server.Config("other")["connect.manager"])
	assert.Contains(t, b.ok("list", "--owner", "streams", "-o", "name"), "wikipedia-irc\n")
}

func TestASavedPlanIsCarriedOutExactly(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	path := filepath.Join(b.dir, "plan.json")
	assert.Equal(t, 2, b.run("plan", "--out", path).code)
	saved, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.NotContains(t, string(saved), "hunter2")
	found, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), found.Mode())
	assert.Equal(t, string(saved), b.run("plan", "-o", "json").out, "it is saved as it is shown")

	assert.Equal(t, "replicate-topic: added\nwikipedia-irc: added\n", b.ok("apply", path))
	again := b.run("apply", path)
	assert.Equal(t, 3, again.code, "the cluster has moved")
	assert.Contains(t, again.err, "plan again")
}

func TestAPlanIsRefusedWhereWhatItWasMadeForHasMoved(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	path := filepath.Join(b.dir, "plan.json")
	require.Equal(t, 2, b.run("plan", "--out", path).code)

	b.create("replicate-topic")
	moved := b.run("apply", path)
	assert.Equal(t, 3, moved.code)
	assert.Contains(t, moved.err, "replicate-topic")
	assert.Equal(t, []string{"replicate-topic"}, b.server.Connectors())
	b.ok("delete", "replicate-topic", "--yes")

	b.edit("tasks.max: 1", "tasks.max: 2")
	assert.Equal(t, 3, b.run("apply", path).code, "the state file has")
	b.edit("tasks.max: 2", "tasks.max: 1")
	b.server.TakeWrites()

	for name, change := range map[string][2]string{
		"another context": {`"context": "default"`, `"context": "production"`},
		"another cluster": {`"cluster": "`, `"cluster": "x`},
		"another version": {"plan/1", "plan/2"},
		"more than known": {`"manager"`, `"more": 1, "manager"`},
		"half of it":      {`"changes"`, ``},
	} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		broken := b.write("broken.json", strings.Replace(string(text), change[0], change[1], 1))
		done := b.run("apply", broken)
		assert.NotEqual(t, 0, done.code, name)
		assert.NotEmpty(t, done.err, name)
	}
	assert.Empty(t, b.server.TakeWrites())
	assert.Equal(t, 0, b.run("apply", path).code)
}

func TestPlanForAPullRequest(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	report := b.run("plan", "--report", "markdown")
	assert.Equal(t, 2, report.code)
	assert.True(t, strings.HasPrefix(report.out, "### Plan for default\n\n2 to create; 0 unchanged.\n"), report.out)
	assert.NotContains(t, report.out, "hunter2")
	assert.Equal(t, 5, b.run("plan", "--report", "pdf").code)
}

func TestValidateTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	path := b.environ["CONNECT_STATE"]
	assert.Equal(t, result{0, path + ": 2 connectors, valid\n", ""}, b.run("validate"))

	b.edit("paused: false", "pausedd: true")
	b.edit("name: replicate-topic", "name: wikipedia-irc")
	wrong := b.run("validate")
	assert.Equal(t, 1, wrong.code)
	assert.Contains(t, wrong.out, "Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition "+
		"(line 13, column 3; did you mean \"paused\"?)\n")
	assert.Len(t, strings.Split(strings.TrimSpace(wrong.out), "\n"), 2)
	assert.Equal(t, "connect-manager: the state file has problems: 2\n", wrong.err)

	var document struct {
		Valid    bool `json:"valid"`
		Problems []struct {
			Line int `json:"line"`
		} `json:"problems"`
	}
	require.NoError(t, json.Unmarshal([]byte(b.run("validate", "-o", "json").out), &document))
	assert.False(t, document.Valid)
	assert.Len(t, document.Problems, 2)
	assert.Equal(t, 1, b.run("plan").code, "a plan of a wrong file is an error, and not changes")
	assert.Equal(t, 1, b.run("sync").code)
	assert.Empty(t, b.server.TakeWrites())
}

func TestValidateNeedsNoClusterAndReadsTheStandardInput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	delete(b.environ, "CONNECT_ENDPOINTS")
	assert.Equal(t, result{0, "-: 2 connectors, valid\n", ""}, b.runWith(t.Context(), seed, "validate", "-"))
	assert.Equal(t, 1, b.runWith(t.Context(), "", "validate", "-").code)
	none := b.run("validate")
	assert.Equal(t, "connect-manager: which state file? Name it, or give the context its state, or set CONNECT_STATE\n", none.err)
}

func TestValidateOnlineHasTheClusterJudge(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	assert.Equal(t, 0, b.run("validate", "--online").code)
	require.NoError(t, os.Remove(filepath.Join(b.dir, "secrets/irc/password")))
	assert.Equal(t, 1, b.run("validate", "--online").code, "the reference leads nowhere")
	assert.Equal(t, 0, b.run("validate").code)
	b.write("secrets/irc/password", "hunter2")
	b.edit("tasks.max", "task.max")
	slip := b.run("validate", "--online")
	assert.Equal(t, 0, slip.code)
	assert.Contains(t, slip.err, `hint: connector replicate-topic: config.task.max: its plugin does not know this key`)
	assert.Contains(t, b.ok("validate", "--online", "-o", "json"), `"nearest": "tasks.max"`)
	b.edit("FileStreamSourceConnector", "NoneConnector")
	wrong := b.run("validate", "--online")
	assert.Equal(t, 1, wrong.code)
	assert.Contains(t, wrong.out, "no such class")
}

func TestExportWritesWhatThereIsWithoutSecrets(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	b.ok("sync")
	exported := b.run("export")
	assert.Equal(t, 0, exported.code)
	assert.Equal(t, `connectors:
- name: replicate-topic
  config:
    connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector
    tasks.max: 1
    topic: copies
- name: wikipedia-irc
  config:
    connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector
    irc.channels: "#en.wikipedia,#de.wikipedia"
    irc.password: {secret: wikipedia-irc, key: irc.password}
    tasks.max: 1
    topic: wikipedia
`, exported.out)
	assert.Equal(t, "1 secret values are referred to and not written: --secrets-dir writes them.\n", exported.err)

	out, secrets := filepath.Join(b.dir, "exported.json"), filepath.Join(b.dir, "values")
	assert.Empty(t, b.ok("export", "--manager", "payments", "-o", "json", "--out", out, "--secrets-dir", secrets))
	b.environ["CONNECT_SECRETS_DIR"] = secrets
	assert.Equal(t, result{0, "default: nothing to change; 2 unchanged.\n", ""}, b.run("plan", out), "the round is closed")
	b.write("values/wikipedia-irc/irc.password", "another's")
	assert.Equal(t, 1, b.run("export", "--secrets-dir", secrets).code, "nobody's secret is overwritten")
	assert.Equal(t, 1, b.run("export", "none").code)
}

// TestWhatIsAPasswordByItsPluginIsNotExported has one that is not called so.
func TestWhatIsAPasswordByItsPluginIsNotExported(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.AddPlugin("org.example.Irc", connect.Source, connect.FieldDefinition{Name: "pin", Type: "PASSWORD"})
	client, err := connect.New(connect.Config{Endpoints: []string{b.server.URL()}})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	_, err = client.Create(t.Context(), "irc", map[string]string{"connector.class": "org.example.Irc", "pin": "hunter2"}, connect.InitialRunning)
	require.NoError(t, err)
	assert.Contains(t, b.ok("export"), "pin: {secret: irc, key: pin}")
}

func TestTheSchemaOfStateFilesIsWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	assert.JSONEq(t, string(schemas.StateFile()), b.ok("schema"))
}

func TestSelectionByOwnerAndLabel(t *testing.T) {
	t.Parallel()
	b := seeded(t)
	b.ok("sync")
	assert.Equal(t, "wikipedia-irc\n", b.ok("list", "-l", "tier=gold", "-o", "name"))
	assert.Equal(t, "wikipedia-irc\n", b.ok("list", "-l", "tier", "-o", "name"))
	assert.Empty(t, b.ok("list", "-l", "tier=silver", "-o", "name"))
	assert.Equal(t, "replicate-topic: paused\n", b.ok("pause", "--owner", "data"))
	assert.Equal(t, ""+
		"NAME             STATE    TASKS  TYPE    CLASS                      WORKER          OWNER    LABELS\n"+
		"replicate-topic  PAUSED   0/1    source  FileStreamSourceConnector  127.0.0.1:8083  data\n"+
		"wikipedia-irc    RUNNING  1/1    source  FileStreamSourceConnector  127.0.0.1:8083  streams  tier=gold\n", b.ok("list", "--wide"))
	delete(b.environ, "CONNECT_STATE")
	assert.Equal(t, 1, b.run("list", "--owner", "data").code)
}
