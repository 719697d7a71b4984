package jujutest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

const podMetadata = `
name: work
containers: {main: {resource: image, mounts: [{storage: data, location: /srv/data}]}}
resources: {image: {type: oci-image}}
storage: {data: {type: filesystem, location: /var/lib/work}}
peers: {ring: {interface: ring}}
`

// pod deploys a charm with one container, whose image has one file, and keeps the last event.
func pod(t *testing.T, options jujutest.Options) (*jujutest.Model, func() hook.Event) {
	t.Helper()
	m, s := newModelWithPebble(t, options), newScript()
	var mu sync.Mutex
	var last hook.Event
	s.every = func(_ context.Context, h *hook.Hook) error {
		mu.Lock()
		defer mu.Unlock()
		last = h.Event
		return nil
	}
	image := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(image, "release"), []byte("one"), 0o644))
	deploy(t, m, "work", s.charm(podMetadata), jujutest.DeployOptions{Resources: map[string]string{"image": image}})
	settle(t, m)
	return m, func() hook.Event {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

// inContainer runs a command through the container's Pebble.
func inContainer(t *testing.T, container hook.Container, command ...string) (output string, err error) {
	t.Helper()
	return askPebble(t, container.Socket, append([]string{"exec", "--"}, command...)...)
}

func TestAContainerSeesItsImageAndTheStorageAtPathsOfItsOwn(t *testing.T) {
	t.Parallel()
	m, last := pod(t, jujutest.Options{})
	main := last().Container("main")
	unit, err := m.Unit("work/0")
	require.NoError(t, err)
	image, err := os.ReadFile(filepath.Join(main.Root, "release"))
	require.NoError(t, err)
	assert.Equal(t, "one", string(image))

	require.NoError(t, os.WriteFile(filepath.Join(unit.Root, "var/lib/work/greeting"), []byte("hello"), 0o644))
	out, err := inContainer(t, main, "cat", filepath.Join(main.Root, "srv/data/greeting"))
	require.NoError(t, err, out)
	assert.Equal(t, "hello", out)
}

func TestAnIsolatedContainerDoesNotSeeTheCharmsFiles(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 || exec.Command("unshare", "--mount", "true").Run() != nil {
		t.Skip("it needs root and mount namespaces")
	}
	m, last := pod(t, jujutest.Options{IsolateContainers: true})
	main := last().Container("main")
	unit, err := m.Unit("work/0")
	require.NoError(t, err)
	charms := filepath.Join(unit.Root, "var/lib/work/greeting")
	require.NoError(t, os.WriteFile(charms, []byte("hello"), 0o644))
	out, err := inContainer(t, main, "cat", filepath.Join(main.Root, "srv/data/greeting"))
	require.NoError(t, err, out)
	assert.Equal(t, "hello", out)
	_, err = inContainer(t, main, "cat", charms)
	assert.Error(t, err)
}

func TestAContainerThatDiesComesBackEmptyButForItsMounts(t *testing.T) {
	t.Parallel()
	m, last := pod(t, jujutest.Options{})
	main := last().Container("main")
	for _, name := range []string{"scratch", "srv/data/kept"} {
		require.NoError(t, os.WriteFile(filepath.Join(main.Root, name), nil, 0o644))
	}
	before := len(m.HookLog())
	require.NoError(t, m.RestartContainer("work/0", "main"))
	settle(t, m)
	assert.Equal(t, []string{"main-pebble-ready"}, m.HookNames("work/0")[before:])
	assert.NoFileExists(t, filepath.Join(main.Root, "scratch"))
	assert.FileExists(t, filepath.Join(main.Root, "srv/data/kept"))
	assert.ErrorContains(t, m.RestartContainer("work/0", "none"), "the charm has no such container")
}

func TestAPodThatIsReplacedKeepsItsStorageOnly(t *testing.T) {
	t.Parallel()
	m, last := pod(t, jujutest.Options{})
	main := last().Container("main")
	old, err := m.Unit("work/0")
	require.NoError(t, err)
	local, stored := filepath.Join(old.Root, "var/lib/notes"), filepath.Join(old.Root, "var/lib/work/kept")
	for _, path := range []string{local, stored} {
		require.NoError(t, os.WriteFile(path, nil, 0o644))
	}
	before := len(m.HookLog())
	require.NoError(t, m.ReplacePod("work/0"))
	settle(t, m)
	names := m.HookNames("work/0")[before:]
	for _, name := range []string{"stop", "upgrade-charm", "config-changed", "start", "main-pebble-ready"} {
		assert.Equal(t, 1, len(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n != name })), "%s in %v", name, names)
	}
	assert.Equal(t, []string{"stop", "upgrade-charm", "config-changed"}, names[:3])
	assert.NoFileExists(t, local)
	assert.FileExists(t, stored)
	now, err := m.Unit("work/0")
	require.NoError(t, err)
	assert.NotEqual(t, old.Address, now.Address)
	out, err := inContainer(t, main, "cat", filepath.Join(main.Root, "release"))
	require.NoError(t, err, out)
	assert.Equal(t, "one", out)
}

func TestAHookInWhichTheCharmsContainerDiesIsRunAgain(t *testing.T) {
	t.Parallel()
	m, s := newModelWithPebble(t, jujutest.Options{}), newScript()
	deploy(t, m, "work", s.charm(podMetadata+"config: {options: {word: {type: string}}}\n"), jujutest.DeployOptions{})
	settle(t, m)
	unit, err := m.Unit("work/0")
	require.NoError(t, err)
	local, stored := filepath.Join(unit.Root, "tmp/notes"), filepath.Join(unit.Root, "var/lib/work/kept")
	for _, path := range []string{local, stored} {
		require.NoError(t, os.WriteFile(path, nil, 0o644))
	}
	began := make(chan struct{})
	var once sync.Once
	s.every = func(ctx context.Context, h *hook.Hook) error {
		if h.Kind != hook.ConfigChanged {
			return nil
		}
		first := false
		once.Do(func() { first = true })
		if !first {
			return nil
		}
		close(began)
		<-ctx.Done()
		return context.Cause(ctx)
	}
	before := len(m.HookLog())
	require.NoError(t, m.SetConfig("work", map[string]any{"word": "new"}))
	settled := make(chan error, 1)
	go func() { settled <- m.Settle(t.Context()) }()
	<-began
	require.NoError(t, m.RestartContainer("work/0", "charm"))
	require.NoError(t, <-settled)
	settle(t, m)
	assert.Equal(t, []string{"config-changed", "config-changed", "start", "main-pebble-ready"}, m.HookNames("work/0")[before:])
	assert.NoFileExists(t, local)
	assert.FileExists(t, stored)
}

func TestAnAgentThatStartsAnewTellsOfEveryNoticeAgain(t *testing.T) {
	t.Parallel()
	m, _ := pod(t, jujutest.Options{})
	require.NoError(t, m.NotifyContainer(deadline(t), "work/0", "main", "example.com/done"))
	settle(t, m)
	before := len(m.HookLog())
	require.NoError(t, m.RestartContainer("work/0", "main"))
	settle(t, m)
	require.NoError(t, m.RestartContainer("work/0", "charm"))
	settle(t, m)
	assert.Equal(t, []string{"main-pebble-ready", "start", "main-pebble-custom-notice", "main-pebble-ready"}, m.HookNames("work/0")[before:])
}

func TestUnitsInPodsHaveTheLowestNumbers(t *testing.T) {
	t.Parallel()
	m, _ := pod(t, jujutest.Options{})
	require.NoError(t, m.Scale("work", 3))
	settle(t, m)
	require.NoError(t, m.Scale("work", 1))
	settle(t, m)
	assert.Equal(t, []string{"work/0"}, m.Units("work"))
	require.NoError(t, m.Scale("work", 2))
	settle(t, m)
	assert.Equal(t, []string{"work/0", "work/1"}, m.Units("work"))
	deploy(t, m, "plain", newScript().charm("name: plain\n"), jujutest.DeployOptions{})
	assert.ErrorContains(t, m.Scale("plain", 2), "has no pods")
}

func TestARefreshReplacesPodsFromTheLastOn(t *testing.T) {
	t.Parallel()
	m, _ := pod(t, jujutest.Options{})
	require.NoError(t, m.Scale("work", 2))
	settle(t, m)
	before := len(m.HookLog())
	require.NoError(t, m.Refresh("work", newScript().charm(podMetadata)))
	settle(t, m)
	var stopped []string
	for _, run := range m.HookLog()[before:] {
		if run.Name == "stop" {
			stopped = append(stopped, run.Unit)
		}
	}
	assert.Equal(t, []string{"work/1", "work/0"}, stopped)
	for _, unit := range []string{"work/0", "work/1"} {
		assert.Subset(t, m.HookNames(unit), []string{"upgrade-charm", "main-pebble-ready"})
	}
}
