package jujutest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestConfigChangedRunsWhenAValueIsNew(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	metadata := clientMetadata + "config: {options: {port: {type: int, default: 1}, on: {type: boolean}}}\n"
	var seen []any
	charm := jujutest.FromFunc([]byte(metadata), func(ctx context.Context, h *hook.Hook) error {
		if h.Kind != hook.ConfigChanged {
			return nil
		}
		config, err := h.ConfigGet(ctx)
		seen = append(seen, config.Int("port"))
		return err
	})
	deploy(t, m, "client", charm, jujutest.DeployOptions{Config: map[string]any{"port": 2}})
	settle(t, m)
	require.NoError(t, m.SetConfig("client", map[string]any{"port": "3"}))
	settle(t, m)
	require.NoError(t, m.SetConfig("client", map[string]any{"port": 3}))
	settle(t, m)
	require.NoError(t, m.ResetConfig("client", "port"))
	settle(t, m)
	assert.Equal(t, []any{2, 3, 1}, seen)
	assert.EqualError(t, m.SetConfig("client", map[string]any{"port": "x"}), `set configuration of client: option "port" expected int, got "x"`)
	assert.ErrorContains(t, m.SetConfig("client", map[string]any{"nothing": 1}), `unknown option "nothing"`)
	assert.ErrorContains(t, m.ResetConfig("client", "nothing"), `unknown option "nothing"`)
}

func TestARefreshedCharmIsUnpackedAndToldOf(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "client", charmDir(t, clientMetadata, "status-set active old"), jujutest.DeployOptions{})
	settle(t, m)
	before := len(m.HookLog())
	require.NoError(t, m.Refresh("client", charmDir(t, clientMetadata+"peers: {cluster: {interface: x}}\n", "status-set active new")))
	settle(t, m)
	assert.Equal(t, []string{"cluster-relation-created", "upgrade-charm", "config-changed"}, since(m, before, "client/0"))
	info, _ := m.StatusOf("client/0")
	assert.Equal(t, "new", info.Message)
	deploy(t, m, "server", quiet(serverMetadata), jujutest.DeployOptions{})
	integrate(t, m, "server", "client")
	assert.ErrorContains(t, m.Refresh("client", quiet("name: client\n")), "would break relation")
}

func TestAnAttachedResourceRunsUpgradeCharm(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	dir := t.TempDir()
	metadata := clientMetadata + "resources: {kafka: {type: file, filename: kafka.tgz}}\n"
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		return path
	}
	deploy(t, m, "client", charmDir(t, metadata, `status-set active "$(cat $(resource-get kafka))"`),
		jujutest.DeployOptions{Resources: map[string]string{"kafka": write("one", "1")}})
	settle(t, m)
	before := len(m.HookLog())
	require.NoError(t, m.AttachResource("client", "kafka", write("two", "2")))
	settle(t, m)
	assert.Equal(t, []string{"upgrade-charm", "config-changed"}, since(m, before, "client/0"))
	info, _ := m.StatusOf("client/0")
	assert.Equal(t, "2", info.Message)
	assert.ErrorContains(t, m.AttachResource("client", "other", dir), `charm client has no resource "other"`)
}

func TestStorageIsAttachedBeforeInstallAndDetachedBeforeStop(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	metadata := "name: store\nstorage: {data: {type: filesystem, location: /srv/data}, logs: {type: filesystem, multiple: {range: 0-}}}\n"
	deploy(t, m, "store", charmDir(t, metadata, `
case "$JUJU_DISPATCH_PATH" in
hooks/data-storage-attached) touch "$(storage-get location)/here"; echo "$JUJU_STORAGE_ID $JUJU_STORAGE_KIND $JUJU_STORAGE_LOCATION" ;;
hooks/start) storage-add logs=2 ;;
esac`), jujutest.DeployOptions{})
	settle(t, m)
	assert.Equal(t, []string{
		"data-storage-attached", "install", "leader-elected", "config-changed", "start", "logs-storage-attached", "logs-storage-attached",
	}, m.HookNames("store/0"))
	unit, err := m.Unit("store/0")
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(unit.Root, "srv/data/here"))
	assert.Equal(t, "data/0 filesystem "+filepath.Join(unit.Root, "srv/data")+"\n", lastRun(t, m, "store/0", "data-storage-attached").Output)
	before := len(m.HookLog())
	require.NoError(t, m.DetachStorage("logs/1"))
	settle(t, m)
	assert.Equal(t, []string{"logs-storage-detaching"}, since(m, before, "store/0"))
	before = len(m.HookLog())
	require.NoError(t, m.RemoveUnit("store/0"))
	settle(t, m)
	assert.Equal(t, []string{"data-storage-detaching", "logs-storage-detaching", "stop", "remove"}, since(m, before, "store/0"))
}

const actionMetadata = `
name: worker
actions:
  backup:
    params: {target: {type: string, default: here}, size: {type: integer}}
    required: [size]
    additionalProperties: false
  broken: {}
`

func TestAnActionHasParametersResultsAndALog(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "worker", charmDir(t, actionMetadata, `
case "$JUJU_DISPATCH_PATH" in
actions/backup) juju-log to the log only; action-log starting; action-set file.name="$(action-get target)" file.size="$(action-get size)" tag="$JUJU_ACTION_TAG"; echo out; echo err >&2 ;;
actions/broken) action-fail "it broke"; exit 0 ;;
esac`), jujutest.DeployOptions{})
	settle(t, m)
	result, err := m.RunAction(deadline(t), "worker/0", "backup", map[string]any{"size": 3})
	require.NoError(t, err)
	assert.Equal(t, "completed", result.Status)
	assert.Equal(t, map[string]any{
		"file": map[string]any{"name": "here", "size": "3"}, "tag": "action-" + result.ID,
		"return-code": 0, "stdout": "out\n", "stderr": "err\n",
	}, result.Results)
	require.Len(t, result.Log, 1)
	assert.Equal(t, "starting", result.Log[0].Message)
	result, err = m.RunAction(deadline(t), "worker/0", "broken", nil)
	require.NoError(t, err)
	assert.Equal(t, "failed", result.Status)
	assert.Equal(t, "it broke", result.Message)
	_, err = m.RunAction(deadline(t), "worker/0", "backup", nil)
	assert.ErrorContains(t, err, `"size" property is missing and required`)
	_, err = m.RunAction(deadline(t), "worker/0", "backup", map[string]any{"size": 3, "x": 1})
	assert.ErrorContains(t, err, `additional property "x" is not allowed`)
	_, err = m.RunAction(deadline(t), "worker/0", "nothing", nil)
	assert.ErrorContains(t, err, `action "nothing" not defined`)
}

func TestAnActionRunsOnAUnitInAnErrorState(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{HookRetries: -1})
	charm := jujutest.FromFunc([]byte(actionMetadata), func(ctx context.Context, h *hook.Hook) error {
		if h.Kind == hook.Action {
			return h.ActionSet(ctx, map[string]string{"ran": "yes"})
		}
		return errorf("no")
	})
	deploy(t, m, "worker", charm, jujutest.DeployOptions{})
	require.Error(t, m.Settle(deadline(t)))
	result, err := m.RunAction(deadline(t), "worker/0", "broken", nil)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"ran": "yes"}, result.Results)
}

func TestASeededModelRunsTheSameHooksInTheSameOrder(t *testing.T) {
	t.Parallel()
	order := func(seed uint64) []string {
		m := newModel(t, jujutest.Options{Seed: seed})
		deploy(t, m, "server", quiet(serverMetadata), jujutest.DeployOptions{Units: 3})
		deploy(t, m, "client", quiet(clientMetadata), jujutest.DeployOptions{Units: 2})
		integrate(t, m, "server", "client")
		settle(t, m)
		var all []string
		for _, run := range m.HookLog() {
			all = append(all, run.Unit+" "+run.Name)
		}
		return all
	}
	assert.Equal(t, order(1), order(1))
	assert.NotEqual(t, order(1), order(2))
	assert.ElementsMatch(t, order(1), order(2))
}

func TestCharmsThatNeverRestFailTheTest(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{MaxHooks: 50})
	charm := jujutest.FromFunc([]byte(serverMetadata), func(ctx context.Context, h *hook.Hook) error {
		if h.Relation == nil {
			return nil
		}
		own, err := h.RelationGet(ctx, h.Relation.ID, h.Unit)
		if err != nil {
			return err
		}
		return h.RelationSet(ctx, h.Relation.ID, map[string]string{"count": own["count"] + "x"})
	})
	deploy(t, m, "server", charm, jujutest.DeployOptions{Units: 2})
	assert.ErrorContains(t, m.Settle(deadline(t)), "the model does not rest")
}

func TestUnitsRunConcurrentlyAndEachItsHooksOneByOne(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	var (
		mu      sync.Mutex
		busy    = map[string]bool{}
		meeting = make(chan struct{})
		arrived int
	)
	charm := jujutest.FromFunc([]byte(clientMetadata), func(ctx context.Context, h *hook.Hook) error {
		mu.Lock()
		assert.False(t, busy[h.Unit])
		busy[h.Unit] = true
		if h.Kind == hook.Install {
			if arrived++; arrived == 3 {
				close(meeting)
			}
		}
		mu.Unlock()
		select { // nobody's install ends before all three are in it
		case <-meeting:
		case <-ctx.Done():
		}
		mu.Lock()
		busy[h.Unit] = false
		mu.Unlock()
		return ctx.Err()
	})
	deploy(t, m, "client", charm, jujutest.DeployOptions{Units: 3})
	settle(t, m)
}

func TestSettleEndsWithItsContext(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{HookRetries: -1})
	deploy(t, m, "client", charmDir(t, clientMetadata, "sleep 1000"), jujutest.DeployOptions{})
	ctx, cancel := context.WithCancelCause(t.Context())
	settled := make(chan error)
	go func() { settled <- m.Settle(ctx) }()
	require.Eventually(t, func() bool {
		info, _ := m.StatusOf("client/0")
		return info.Message == "installing charm software"
	}, time.Minute, time.Millisecond)
	cancel(errorf("enough"))
	assert.ErrorContains(t, <-settled, "settle: enough")
}

var (
	address = regexp.MustCompile(`127\.0\.\d+\.\d+`)
	padding = regexp.MustCompile(` {2,}`)
)

func TestStatusAndShowUnitLookLikeJujus(t *testing.T) {
	t.Parallel()
	m, server, client, id := pair(t, jujutest.Options{HookRetries: -1})
	server.do(t, m, "server/0", run(
		[]string{"status-set", "active", "serving two clients"},
		words("application-version-set 4.1.2"), words("open-port 8083"), words("open-port 8084"), words("open-port 53/udp"),
		words("relation-set -r %d --app endpoints=http://a:8083,http://b:8083 tls=disabled", id),
	))
	server.do(t, m, "server/1", run(words("status-set waiting soon"), words("relation-set -r 0 ready=yes")))
	client.on("client/0", "update-status", func(context.Context, *hook.Hook) error { return errorf("no") })
	require.NoError(t, m.UpdateStatus("client/0"))
	require.Error(t, m.Settle(deadline(t)))
	golden(t, "status.txt", padding.ReplaceAllString(address.ReplaceAllString(m.Status(), "ADDRESS"), "  "))
	shown, err := m.ShowUnit("server/0")
	require.NoError(t, err)
	golden(t, "show-unit.yaml", address.ReplaceAllString(shown, "ADDRESS"))
	require.NoError(t, m.Resolve("client/0", false))
}

func TestStatusJSONHasWhatScriptsAskFor(t *testing.T) {
	t.Parallel()
	m, _, _, _ := pair(t, jujutest.Options{})
	text, err := m.StatusJSON()
	require.NoError(t, err)
	times := regexp.MustCompile(`"since":"[^"]*"`)
	text = times.ReplaceAll(address.ReplaceAll(text, []byte("ADDRESS")), []byte(`"since":"TIME"`))
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, text, "", "  "))
	golden(t, "status.json", pretty.String()+"\n")
}

func TestACharmThatCannotBeUsedSaysWhy(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	for problem, charm := range map[string]jujutest.Charm{
		"it has neither metadata.yaml nor charmcraft.yaml": jujutest.FromDir(t.TempDir()),
		"open charm archive /nowhere.charm":                jujutest.FromArchive("/nowhere.charm"),
		"the charm's metadata have no name":                quiet("provides: {}\n"),
		`endpoint "x" has no interface`:                    quiet("name: a\nprovides: {x: {}}\n"),
		`default of its configuration: option "x"`:         quiet("name: a\nconfig: {options: {x: {type: int, default: no}}}\n"),
		`set Options.PebbleBinary to the pebble command`:   quiet("name: a\ncontainers: {work: {}}\n"),
	} {
		assert.ErrorContains(t, m.Deploy("app", charm, jujutest.DeployOptions{}), problem)
		assert.ErrorContains(t, m.RemoveApplication("app"), "not found", "nothing of it stays")
	}
	assert.ErrorContains(t, m.Deploy("App", quiet(clientMetadata), jujutest.DeployOptions{}), "not a valid application name")
	assert.ErrorContains(t, m.Deploy("app-2", quiet(clientMetadata), jujutest.DeployOptions{}), "not a valid application name")
}

func TestTrustOpensTheCloudsCredentials(t *testing.T) {
	t.Parallel()
	m, s := newModel(t, jujutest.Options{}), newScript()
	deploy(t, m, "client", s.charm(clientMetadata), jujutest.DeployOptions{})
	settle(t, m)
	refused(t, m, s, "client/0", "cannot access cloud credentials: permission denied", "credential-get")
	before := len(m.HookLog())
	require.NoError(t, m.SetTrust("client", true))
	settle(t, m)
	assert.Equal(t, []string{"config-changed"}, since(m, before, "client/0"))
	s.do(t, m, "client/0", run(words("credential-get")))
}

func TestGoalStateHasWhatWillBe(t *testing.T) {
	t.Parallel()
	m, server, _, _ := pair(t, jujutest.Options{})
	server.do(t, m, "server/0", func(ctx context.Context, h *hook.Hook) error {
		goal, err := h.GoalState(ctx)
		assert.Equal(t, []string{"server/0", "server/1"}, slices.Sorted(maps.Keys(goal.Units)))
		assert.Equal(t, []string{"client", "client/0"}, slices.Sorted(maps.Keys(goal.Relations["db"])))
		assert.Equal(t, "joined", goal.Relations["db"]["client"].Status)
		return err
	})
}

func TestAModelsLeftoversAreRemovedByTheNextOne(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	leftover := filepath.Join(temp, "jujutest-1")
	require.NoError(t, os.MkdirAll(leftover, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(leftover, ".lock"), nil, 0o644))
	daemon := exec.Command("sleep", "1000")
	daemon.Env = []string{"HERE=" + leftover + "/0/charm"}
	require.NoError(t, daemon.Start())
	living, err := jujutest.New(jujutest.Options{})
	require.NoError(t, err)
	next, err := jujutest.New(jujutest.Options{})
	require.NoError(t, err)
	assert.Error(t, daemon.Wait(), "it was killed")
	assert.NoDirExists(t, leftover)
	assert.DirExists(t, living.Dir())
	require.NoError(t, living.Close())
	require.NoError(t, next.Close())
}
