package charm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

func TestDownloadOptionsAreNamedWhenTheyAreWrong(t *testing.T) {
	t.Parallel()
	for option, value := range map[string]string{
		"plugin-digests": "my-integrator abc", "plugin-mirror": "https://a.example/", "plugin-proxy": "proxy:8080", "plugin-ca": "none",
	} {
		problem := readDownloadsConfig(&Config{}, hook.Config{option: value}, hook.Event{})
		assert.True(t, strings.HasPrefix(problem, "config "+option+": "), problem)
	}
	for _, lines := range []string{"one", "one " + string(digestA) + " two", "one " + string(digestA) + "\none " + string(digestB)} {
		_, err := readDigests(lines)
		assert.Error(t, err, lines)
	}
	digests, err := readDigests("# ours\n\none " + strings.ToUpper(string(digestA)) + "\n  two\t" + string(digestB) + "\n")
	require.NoError(t, err)
	assert.Equal(t, map[string]plugins.Digest{"one": digestA, "two": digestB}, digests)
}

func TestAnApplicationGetsTheDigestThatItsOperatorNames(t *testing.T) {
	t.Parallel()
	config := Config{PluginDigests: map[string]plugins.Digest{"pinned": digestA}}
	for _, c := range []struct {
		name, app, asked, want string
		refused                bool
	}{
		{"nobody asks", "free", "", "", false},
		{"the requirer asks", "free", string(digestB), string(digestB), false},
		{"the operator asks", "pinned", "", string(digestA), false},
		{"both ask the same", "pinned", string(digestA), string(digestA), false},
		{"they do not agree", "pinned", string(digestB), string(digestB), true},
	} {
		client := Client{App: c.app, Want: schemas.Request{PluginURL: "http://a.example/p", PluginSHA256: c.asked}}
		config.pin(&client)
		assert.Equal(t, c.want, client.Want.PluginSHA256, c.name)
		assert.Equal(t, c.refused, client.WantErr != nil, c.name)
	}
	none := Client{App: "pinned", Want: schemas.Request{PluginURL: "NOT-REQUIRED"}}
	config.pin(&none)
	assert.Empty(t, none.Want.PluginSHA256)
}

func TestDigestsThatDoNotAgreeAreTold(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Clients[0].Want.PluginSHA256 = string(digestB)
	w.Config.PluginDigests = map[string]plugins.Digest{w.Clients[0].App: digestA}
	w.Config.pin(&w.Clients[0])
	said := status(w)
	assert.Equal(t, hook.Blocked, said.Name)
	assert.Contains(t, said.Message, "plugin-sha256 must be what config plugin-digests says, aaaaaaaaaaaa")
}

func TestAPluginOfOtherBytesThanNowAskedForIsReplacedOrNotKept(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Clients[0].Want.PluginSHA256 = string(digestB)
	step, is := installPlugins(w).(InstallPlugin)
	require.True(t, is)
	assert.Equal(t, digestB, step.Source.SHA256)
	assert.Empty(t, w.wanted())
}

func TestNothingIsDownloadedWithoutTheCredentialsAskedFor(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Store = nil
	require.NotNil(t, installPlugins(w))
	w.tried.Forget("install 7")
	w.PluginCredentials.Problem = "config plugin-credentials cannot be read: juju grant-secret secret:x kafka-connect"
	assert.Nil(t, installPlugins(w))
	assert.Equal(t, hook.Blocked, status(w).Name)
	w.PluginCredentials.Problem, w.Config.Problem = "", "config plugin-mirror: line 1 is not two URLs"
	assert.Nil(t, installPlugins(w))
}

func TestTheEndOfRelation1LeavesRelation10AsItIs(t *testing.T) {
	t.Parallel()
	w := settled(t)
	one, ten := connectprovider.Key{Relation: 1}, connectprovider.Key{Relation: 10}
	want := w.Clients[0].Want
	w.Relations = []connectprovider.Relation{related(10, "ten", schemas.V0, want)}
	w.Clients = clientsOf(w.Relations, w.Config)
	w.Store = []plugins.Digest{digestA, digestB}
	w.Own.Plugins = map[connectprovider.Key]PluginReport{
		one: {Source: fingerprint(want), Digest: digestB}, ten: {Source: fingerprint(want), Digest: digestA},
	}
	w.Shared.Clients = map[connectprovider.Key]ClientRecord{one: {Credentials: Credentials{Secret: "one"}}, ten: {Credentials: Credentials{Secret: "ten"}}}
	assert.Equal(t, RemovePlugins{Keep: []plugins.Digest{digestA}}, removePlugins(w))
	assert.Equal(t, CloseClient{Key: one, Secrets: []string{"one"}}, closeClients(w))
}

func TestAPluginIsListedWithItsVersionsAndItsRelations(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Store = []plugins.Digest{digestA, digestB}
	assert.Equal(t, "loaded", w.pluginState(digestA))
	assert.Equal(t, "installed, loaded at the worker's restart", w.pluginState(digestB))
	assert.Equal(t, []string{w.Clients[0].App + " (relation 7)"}, w.usersOf(digestA))
	assert.Empty(t, w.usersOf(digestB))
	listed := map[string]string{"a.Source": "1.0", "a.Smt": ""}
	plugin := plugins.Installed{Classes: []string{"a.Source"}, Found: []string{"a.Smt", "a.Broken"}}
	assert.Equal(t, []string{"a.Smt", "a.Source@1.0"}, withVersions(plugin, listed))
	assert.Equal(t, []string{"a.Broken", "a.Smt", "a.Source"}, withVersions(plugin, nil))
}
