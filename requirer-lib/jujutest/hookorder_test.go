package jujutest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/jujutest"
)

func TestHooksOfANewUnitComeInJujusOrder(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "server", quiet(serverMetadata+"storage: {data: {type: filesystem}}\n"), jujutest.DeployOptions{})
	deploy(t, m, "client", quiet(clientMetadata), jujutest.DeployOptions{})
	integrate(t, m, "server", "client")
	settle(t, m)
	assert.Equal(t, []string{
		"data-storage-attached", "install", "cluster-relation-created", "db-relation-created", "leader-elected",
		"config-changed", "start", "db-relation-joined", "db-relation-changed",
	}, m.HookNames("server/0"))
	assert.Equal(t, []string{
		"install", "database-relation-created", "leader-elected", "config-changed", "start",
		"database-relation-joined", "database-relation-changed",
	}, m.HookNames("client/0"))
}

func TestAShellCharmTalksThroughTheRealToolCommands(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "server", charmDir(t, serverMetadata, `
case "$JUJU_DISPATCH_PATH" in
hooks/db-relation-created) is-leader && relation-set --app greeting=hello ;;
hooks/start) status-set active "at work" ;;
esac`), jujutest.DeployOptions{})
	deploy(t, m, "client", charmDir(t, clientMetadata, `
case "$JUJU_DISPATCH_PATH" in
hooks/database-relation-changed) status-set active "$(relation-get --app greeting)" ;;
esac`), jujutest.DeployOptions{})
	id := integrate(t, m, "server:db", "client")
	settle(t, m)
	data, err := m.RelationData(id, "server")
	assert.NoError(t, err)
	assert.Equal(t, map[string]string{"greeting": "hello"}, data)
	info, _ := m.StatusOf("client/0")
	assert.Equal(t, "hello", info.Message)
}
