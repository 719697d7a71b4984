package connectclient_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

const otherURI = "secret:cjqub8fubg2s77p3niog"

// answers is a v1 provider's databag with these answers.
func answers(t *testing.T, items ...map[string]any) map[string]string {
	t.Helper()
	list, err := json.Marshal(items)
	require.NoError(t, err)
	return map[string]string{"version": "v1", "requests": string(list), "data": "{}"}
}

// asked is the request that a leader has made in relation 7.
func (f *tools) asked(t *testing.T) schemas.Request {
	t.Helper()
	requirer, err := schemas.DecodeRequirer(f.own[7])
	require.NoError(t, err)
	return requirer.Requests[0]
}

var v1 = connectclient.Options{Version: schemas.V1}

// A peer's provider of v1 leaves the answers of earlier requests where they are.
func TestOfSeveralAnswersOneIsToTheRequest(t *testing.T) {
	t.Parallel()
	f := ready()
	plugin := connectclient.FromURL("http://10.0.0.9/p", "")
	client := connectclient.New(f.hook(t, "start"), v1)
	require.NoError(t, client.Request(t.Context(), plugin))
	old := map[string]any{"request-id": "0123456789abcdef", "endpoints": "http://10.0.0.1:8083", "secret-user": otherURI}
	f.provider[7] = answers(t, old)
	_, err := client.Connection(t.Context())
	require.ErrorIs(t, err, connectclient.ErrWaitingForProvider, "what was answered to another request is no answer to this one")

	request := f.asked(t)
	f.provider[7] = answers(t, old, map[string]any{
		"request-id": request.ID, "salt": request.Salt, "endpoints": "http://10.0.0.2:8083", "secret-user": userURI,
	})
	for unit, leads := range map[string]bool{"client/0": true, "client/1": false} {
		f.leader = leads
		client := connectclient.New(f.hook(t, "start", "JUJU_UNIT_NAME="+unit), v1)
		require.NoError(t, client.Request(t.Context(), plugin))
		connection, err := client.Connection(t.Context())
		require.NoError(t, err, unit)
		assert.Equal(t, []string{"http://10.0.0.2:8083"}, connection.Endpoints())
	}
}

func TestWhatIsWrongWithAnotherAnswerIsNoTrouble(t *testing.T) {
	t.Parallel()
	f := ready()
	client := connectclient.New(f.hook(t, "start"), v1)
	require.NoError(t, client.Request(t.Context(), connectclient.NotRequired()))
	good := map[string]any{"request-id": f.asked(t).ID, "endpoints": "http://10.0.0.2:8083", "secret-user": userURI, "tls": false}
	bad := map[string]any{"request-id": "0123456789abcdef", "endpoints": "ftp://x", "secret-user": 5}
	f.provider[7] = answers(t, bad, good)
	_, err := client.Connection(t.Context())
	require.NoError(t, err)
	good["secret-user"] = "hunter2"
	f.provider[7] = answers(t, bad, good)
	_, err = client.Connection(t.Context())
	require.ErrorIs(t, err, connectclient.ErrMalformed)
	assert.NotContains(t, err.Error(), "hunter2")
	f.provider[7]["requests"] = `[{"request-id":`
	_, err = client.Connection(t.Context())
	require.ErrorIs(t, err, connectclient.ErrMalformed)
	status, _ := connectclient.Status(err)
	assert.Equal(t, hook.Blocked, status.Name)
}

// A provider of v0 that is refreshed to v1 goes on in the version of the request.
func TestAnAnswerIsReadInEitherVersion(t *testing.T) {
	t.Parallel()
	for _, options := range []connectclient.Options{{}, v1} {
		f := ready()
		_, err := connectclient.New(f.hook(t, "start"), options).Connection(t.Context())
		require.NoError(t, err)
		f.provider[7] = answers(t, map[string]any{"request-id": "0123456789abcdef", "endpoints": "http://a", "secret-user": userURI})
		_, err = connectclient.New(f.hook(t, "start"), options).Connection(t.Context())
		require.NoError(t, err)
	}
}
