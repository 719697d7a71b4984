package connectclient_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/schemas"
)

const secretsText = `["username","password","tls","tls-ca"]`

func TestARequestIsWrittenOnceInEveryRelation(t *testing.T) {
	t.Parallel()
	f := ready()
	f.relations = []int{7, 11}
	client := connectclient.New(f.hook(t, "start"), connectclient.Options{})
	digest := strings.Repeat("ab", 32)
	want := map[string]string{"plugin-url": "http://10.0.0.9:8080/p", "plugin-sha256": digest, "requested-secrets": secretsText}
	for range 2 {
		require.NoError(t, client.Request(t.Context(), connectclient.FromURL("http://10.0.0.9:8080/p", digest)))
		for _, id := range f.relations {
			assert.Equal(t, []map[string]string{want}, f.writes[id], "all keys in one write, and none the second time")
		}
	}
	require.NoError(t, client.Request(t.Context(), connectclient.NotRequired()))
	assert.Equal(t, map[string]string{"plugin-url": "NOT-REQUIRED", "requested-secrets": secretsText}, f.own[7], "an old digest goes")
}

// The ID is SHA-256's, of resource and salt, as peers reckon it; the salt is this relation's, whoever leads.
func TestARequestOfV1TakesThePlaceOfOneOfV0(t *testing.T) {
	t.Parallel()
	f := ready()
	v0 := connectclient.New(f.hook(t, "start"), connectclient.Options{})
	require.NoError(t, v0.Request(t.Context(), connectclient.FromURL("http://10.0.0.9/p", "")))
	v1 := connectclient.New(f.hook(t, "upgrade-charm"), connectclient.Options{Version: schemas.V1})
	require.NoError(t, v1.Request(t.Context(), connectclient.FromURL("http://10.0.0.9/p", "")))
	assert.ElementsMatch(t, []string{"version", "requests"}, slices.Collect(maps.Keys(f.own[7])))
	asked, err := schemas.DecodeRequirer(f.own[7])
	require.NoError(t, err)
	require.Len(t, asked.Requests, 1)
	request := asked.Requests[0]
	assert.Equal(t, "http://10.0.0.9/p", request.PluginURL)
	assert.Equal(t, schemas.RequestID(request.PluginURL, request.Salt), request.ID)
	writes := len(f.writes[7])
	again := connectclient.New(f.hook(t, "start", "JUJU_UNIT_NAME=client/3"), connectclient.Options{Version: schemas.V1})
	require.NoError(t, again.Request(t.Context(), connectclient.FromURL("http://10.0.0.9/p", "")))
	assert.Len(t, f.writes[7], writes, "another leader asks for the same")
	require.NoError(t, v0.Request(t.Context(), connectclient.FromURL("http://10.0.0.9/p", "")))
	assert.ElementsMatch(t, []string{"plugin-url", "requested-secrets"}, slices.Collect(maps.Keys(f.own[7])))
}

func TestOnlyALeaderRequests(t *testing.T) {
	t.Parallel()
	f := ready()
	f.leader = false
	require.NoError(t, connectclient.New(f.hook(t, "start"), connectclient.Options{}).Request(t.Context(), connectclient.NotRequired()))
	assert.Equal(t, []string{"is-leader"}, f.calls)
}

func TestARequestThatBreaksTheContractIsRefused(t *testing.T) {
	t.Parallel()
	for name, plugin := range map[string]connectclient.Plugin{
		"none": {}, "no scheme": connectclient.FromURL("pw-hunter2@host/p", ""), "no digest": connectclient.FromURL("http://u:pw-hunter2@host/p", "12"),
	} {
		f := ready()
		err := connectclient.New(f.hook(t, "start"), connectclient.Options{}).Request(t.Context(), plugin)
		require.ErrorContains(t, err, "plugin-", name)
		assert.NotContains(t, err.Error()+fmt.Sprintf("%v %#v", plugin, plugin), "hunter2")
		assert.Empty(t, f.calls)
	}
}
