package connectclient_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
)

func TestReadySaysWhyNot(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	https := func(f *tools, tls map[string]string) {
		f.provider[7]["endpoints"] = "https://10.0.0.1:8083"
		f.provider[7]["secret-tls"] = tlsURI
		f.secrets[tlsURI] = tls
	}
	status := func(code int) string {
		return fmt.Sprintf(`[{"code":1000,"message":"hello","resolution":""},{"code":%d,"message":"no plugin","resolution":"serve one"}]`, code)
	}
	cases := map[string]struct {
		change func(*tools)
		reason error
		says   string
		name   hook.StatusName
	}{
		"no relation":                 {func(f *tools) { f.relations = nil }, connectclient.ErrNotRelated, "integrate connect-client", hook.Blocked},
		"nothing published":           {func(f *tools) { f.provider = nil }, connectclient.ErrWaitingForProvider, "no endpoints, secret-user yet", hook.Waiting},
		"no application told":         {func(f *tools) { f.app = "" }, connectclient.ErrWaitingForProvider, "no endpoints", hook.Waiting},
		"no endpoints":                {func(f *tools) { delete(f.provider[7], "endpoints") }, connectclient.ErrWaitingForProvider, "no endpoints yet", hook.Waiting},
		"no secret":                   {func(f *tools) { delete(f.provider[7], "secret-user") }, connectclient.ErrWaitingForProvider, "no secret-user yet", hook.Waiting},
		"passing trouble":             {func(f *tools) { f.provider[7] = map[string]string{"status": status(4001)} }, connectclient.ErrWaitingForProvider, "no plugin (serve one)", hook.Waiting},
		"lasting trouble":             {func(f *tools) { f.provider[7] = map[string]string{"status": status(5001)} }, connectclient.ErrRefused, "no plugin (serve one)", hook.Blocked},
		"not granted":                 {func(f *tools) { f.refuse(userURI, `"client/0" is not allowed to read this secret`) }, connectclient.ErrNotGranted, "not allowed", hook.Waiting},
		"secret not there":            {func(f *tools) { f.refuse(userURI, `secret "cjqub6vubg2s77p3nio0" not found`) }, connectclient.ErrNotGranted, "not found", hook.Waiting},
		"permission denied":           {func(f *tools) { f.refuse(userURI, "permission denied") }, connectclient.ErrNotGranted, "denied", hook.Waiting},
		"tls secret not granted":      {func(f *tools) { https(f, nil); f.refuse(tlsURI, "permission denied") }, connectclient.ErrNotGranted, "denied", hook.Waiting},
		"no password":                 {func(f *tools) { delete(f.secrets[userURI], "password") }, connectclient.ErrWaitingForProvider, "no password", hook.Waiting},
		"no username":                 {func(f *tools) { delete(f.secrets[userURI], "username") }, connectclient.ErrWaitingForProvider, "no username", hook.Waiting},
		"https without secret-tls":    {func(f *tools) { https(f, nil); delete(f.provider[7], "secret-tls") }, connectclient.ErrNoCA, "tls-ca", hook.Blocked},
		"https without a CA":          {func(f *tools) { https(f, map[string]string{"tls": "enabled"}) }, connectclient.ErrNoCA, "tls-ca", hook.Blocked},
		"https with a CA that is not": {func(f *tools) { https(f, map[string]string{"tls": "enabled", "tls-ca": "x"}) }, connectclient.ErrNoCA, "PEM", hook.Blocked},
		"http while tls is enabled": {func(f *tools) {
			https(f, map[string]string{"tls": "True"})
			f.provider[7]["endpoints"] = "http://10.0.0.1:8083"
		}, connectclient.ErrWaitingForProvider, "not https yet", hook.Waiting},
		"an unknown word for tls": {func(f *tools) { https(f, map[string]string{"tls": "maybe"}) }, connectclient.ErrMalformed, "tls is neither", hook.Blocked},
		"endpoints that are none": {func(f *tools) { f.provider[7]["endpoints"] = "10.0.0.1:8083" }, connectclient.ErrMalformed, "endpoints must begin", hook.Blocked},
		"a secret that is no URI": {func(f *tools) { f.provider[7]["secret-user"] = "pw-hunter2" }, connectclient.ErrMalformed, "must be a secret URI", hook.Blocked},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := ready()
			test.change(f)
			_, err := connectclient.New(f.hook(t, "update-status"), connectclient.Options{}).Connection(t.Context())
			require.ErrorIs(t, err, test.reason)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "hunter2")
			unit, notReady := connectclient.Status(err)
			assert.True(t, notReady)
			assert.Equal(t, test.name, unit.Name)
			assert.Equal(t, err.Error(), unit.Message)
		})
	}
}

func (f *tools) refuse(uri, message string) { f.refusals = map[string]string{uri: message} }

func TestAConnectionThatIsReady(t *testing.T) {
	t.Parallel()
	f := ready()
	connection, err := connectclient.New(f.hook(t, "update-status"), connectclient.Options{}).Connection(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"http://10.0.0.1:8083", "http://10.0.0.2:8083"}, connection.Endpoints())
	assert.Equal(t, "relation-7", connection.Username())
	assert.Equal(t, "pw-hunter2", connection.Password().Reveal())
	assert.Equal(t, hook.RelationID(7), connection.RelationID())
	assert.Equal(t, "kafka-connect", connection.Provider())
	client, err := connection.Client()
	require.NoError(t, err)
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v", connection, connection, connection), fmt.Sprint(client), slog.AnyValue(connection).String()} {
		assert.NotContains(t, shown, "hunter2")
	}
}

func TestAClientNeedsAConnectionThatIsReady(t *testing.T) {
	t.Parallel()
	connections, err := connectclient.New(ready().hook(t, "start"), connectclient.Options{}).Connections(t.Context())
	require.NoError(t, err)
	_, err = connections[0].Client()
	assert.ErrorContains(t, err, "ask Ready first")
}

func TestTLSByAnyWord(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	for _, word := range []string{"enabled", "ENABLED", "true", "True", "disabled", "false", ""} {
		f := ready()
		f.provider[7]["endpoints"] = server.URL
		f.provider[7]["secret-tls"] = tlsURI
		f.secrets[tlsURI] = map[string]string{"tls": word, "tls-ca": pemOf(server)}
		connection, err := connectclient.New(f.hook(t, "start"), connectclient.Options{}).Connection(t.Context())
		require.NoError(t, err, "tls=%q: https is what the endpoints say", word)
		assert.Equal(t, pemOf(server), connection.CA())
	}
}

func TestCredentialsInClearWhereThereIsNoSecret(t *testing.T) {
	t.Parallel()
	f := ready()
	f.provider[7] = map[string]string{"endpoints": "http://10.0.0.1:8083", "username": "u", "password": "pw-hunter2", "tls": "disabled"}
	connection, err := connectclient.New(f.hook(t, "start"), connectclient.Options{}).Connection(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "u", connection.Username())
	assert.Equal(t, "pw-hunter2", connection.Password().Reveal())

	f = ready()
	f.provider[7]["password"] = "stale"
	connection, err = connectclient.New(f.hook(t, "start"), connectclient.Options{}).Connection(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "pw-hunter2", connection.Password().Reveal(), "the secret wins")
}

func TestAConnectionWithTroubleKeepsItsCredentials(t *testing.T) {
	t.Parallel()
	f := ready()
	f.provider[7]["status"] = `[{"code":4001,"message":"slow"},{"code":5001,"message":"no plugin"}]`
	connection, err := connectclient.New(f.hook(t, "start"), connectclient.Options{}).Connection(t.Context())
	require.NoError(t, err)
	trouble, is := connection.Trouble()
	assert.True(t, is)
	assert.Equal(t, "no plugin", trouble.Message)
}

func TestABrokenToolIsAFailureAndNotAReason(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"relation-ids", "relation-list", "relation-get", "secret-get"} {
		f := ready()
		f.broken = tool
		_, err := connectclient.New(f.hook(t, "start"), connectclient.Options{}).Connection(t.Context())
		require.ErrorContains(t, err, "out of order")
		_, notReady := connectclient.Status(err)
		assert.False(t, notReady, tool)
	}
}

func TestTheRelationThatEndsIsNotAmongConnections(t *testing.T) {
	t.Parallel()
	f := ready()
	f.relations = []int{11, 7}
	about := []string{"JUJU_RELATION=connect-client", "JUJU_RELATION_ID=connect-client:7", "JUJU_REMOTE_APP="}
	for name, want := range map[string][]hook.RelationID{
		"connect-client-relation-broken": {11}, "connect-client-relation-departed": {7, 11},
	} {
		client := connectclient.New(f.hook(t, name, about...), connectclient.Options{})
		connections, err := client.Connections(t.Context())
		require.NoError(t, err)
		var ids []hook.RelationID
		for _, connection := range connections {
			ids = append(ids, connection.RelationID())
		}
		assert.Equal(t, want, ids)
	}
	client := connectclient.New(f.hook(t, "connect-client-relation-broken", about...), connectclient.Options{})
	require.NoError(t, client.Request(t.Context(), connectclient.NotRequired()))
	assert.Empty(t, f.writes[7])
	assert.Len(t, f.writes[11], 1)
}

func TestAHookCostsFewToolCalls(t *testing.T) {
	t.Parallel()
	f := ready()
	require.NoError(t, connectclient.New(f.hook(t, "start"), connectclient.Options{}).Request(t.Context(), connectclient.NotRequired()))
	f.calls = nil
	about := []string{"JUJU_RELATION=connect-client", "JUJU_RELATION_ID=connect-client:7", "JUJU_REMOTE_APP=kafka-connect"}
	client := connectclient.New(f.hook(t, "connect-client-relation-changed", about...), connectclient.Options{})
	require.NoError(t, client.Request(t.Context(), connectclient.NotRequired()))
	connection, err := client.Connection(t.Context())
	require.NoError(t, err)
	require.NoError(t, connection.Ready(t.Context()), "asking again costs nothing")
	assert.Equal(t, []string{
		"is-leader", "relation-ids connect-client", "relation-get --app -r 7 - client",
		"relation-get --app -r 7 - kafka-connect", "secret-get " + userURI + " --refresh",
	}, f.calls)
}
