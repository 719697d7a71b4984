package connectclient_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
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
