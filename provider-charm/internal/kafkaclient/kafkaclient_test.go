package kafkaclient_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/provider-charm/internal/kafkaclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

const (
	userURI = "secret://11111111-2222-4333-8444-555555555555/cjqub6vubg2s77p3nio0"
	tlsURI  = "secret:cjqub7fubg2s77p3niog"
	ca      = `-----BEGIN CERTIFICATE-----
MIIBVzCB/qADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMTBHRlc3QwIBcN
-----END CERTIFICATE-----
`
)

// vault is secrets by URI; one that is not there is refused with the words in its place.
type vault map[string]map[string]string

func (v vault) SecretGet(_ context.Context, uri string, tracking hook.Tracking) (hook.SecretContent, error) {
	if tracking != hook.Latest {
		return nil, fmt.Errorf("an old revision of %s was asked for", uri)
	}
	if refusal := v[uri]["refusal"]; refusal != "" || v[uri] == nil {
		return nil, &hook.ToolError{Tool: "secret-get", ExitCode: 1, Message: refusal}
	}
	content := hook.SecretContent{}
	for key, value := range v[uri] {
		content[key] = secret.New(value)
	}
	return content, nil
}

var (
	v0 = kafkaclient.Request{Version: kafkaclient.V0, Asker: "m/kafka-connect/3"}
	v1 = kafkaclient.Request{Version: kafkaclient.V1, Asker: "m/kafka-connect/3"}
)

func TestTheOlderFormOfARequest(t *testing.T) {
	t.Parallel()
	assert.Equal(t, hook.Databag{
		"topic": "__kafka-connect", "extra-user-roles": "admin", "requested-secrets": `["username","password","tls","tls-ca"]`,
		"version": "", "requests": "",
	}, v0.Databag())
}

func TestTheNewerFormOfARequest(t *testing.T) {
	t.Parallel()
	bag := v1.Databag()
	assert.Equal(t, "v1", bag["version"])
	assert.Empty(t, bag["topic"]+bag["requested-secrets"])
	// The id is the beginning of sha256("resource:salt"): providers compute it too.
	assert.JSONEq(t, `[{"resource":"__kafka-connect","salt":"91521ae0965681a2","request-id":"`+v1.ID()+`","extra-user-roles":"admin"}]`, bag["requests"])
	assert.Len(t, v1.ID(), 16)
	other := v1
	other.Asker = "m/kafka-connect/4"
	assert.NotEqual(t, v1.ID(), other.ID())
}

func read(request kafkaclient.Request, bag hook.Databag, secrets vault) (brokers.Access, error) {
	answer, err := request.Decode(bag)
	if err != nil {
		return brokers.Access{}, err
	}
	return answer.Access(context.Background(), secrets)
}

func account() map[string]string {
	return map[string]string{"username": "relation-3", "password": "hunter2"}
}

func TestAnswersThatCanBeUsed(t *testing.T) {
	t.Parallel()
	plain := brokers.Access{
		Servers: []string{"10.0.0.1:9092", "10.0.0.2:9092"}, Mechanism: brokers.SCRAM512,
		Username: "relation-3", Password: secret.New("hunter2"),
	}
	const endpoints = "10.0.0.1:9092,10.0.0.2:9092"
	for name, c := range map[string]struct {
		request kafkaclient.Request
		bag     hook.Databag
		secrets vault
		tls     bool
	}{
		"v0": {v0, hook.Databag{"endpoints": endpoints, "secret-user": userURI, "topic": "x", "data": "{}", "consumer-group-prefix": "y"}, vault{userURI: account()}, false},
		"v0, tls disabled": {
			v0,
			hook.Databag{"endpoints": endpoints, "secret-user": userURI, "secret-tls": tlsURI},
			vault{userURI: account(), tlsURI: {"tls": "disabled"}},
			false,
		},
		"v0, tls": {
			v0,
			hook.Databag{"endpoints": endpoints, "secret-user": userURI, "secret-tls": tlsURI},
			vault{userURI: account(), tlsURI: {"tls": "Enabled"}},
			true,
		},
		"v0, tls in clear": {v0, hook.Databag{"endpoints": endpoints, "secret-user": userURI, "tls": "enabled"}, vault{userURI: account()}, true},
		"v0, all in clear": {v0, hook.Databag{"endpoints": endpoints, "username": "relation-3", "password": "hunter2", "tls": "False"}, nil, false},
		"v1's answer to v0": {
			v0,
			hook.Databag{"endpoints": endpoints, "secret-user": userURI, "secret-tls": tlsURI, "salt": "x", "resource": "__kafka-connect"},
			vault{userURI: account(), tlsURI: {"tls": "true"}},
			true,
		},
		"v1": {
			v1,
			hook.Databag{"version": "v1", "data": "{}", "requests": `[{"request-id":"other","endpoints":"x"},{"request-id":"` + v1.ID() + `","endpoints":"` +
				endpoints + `","secret-user":"` + userURI + `","secret-tls":"` + tlsURI + `","secret-extra":null,"salt":"x"}]`},
			vault{userURI: account(), tlsURI: {"tls": "true"}},
			true,
		},
	} {
		got, err := read(c.request, c.bag, c.secrets)
		require.NoError(t, err, name)
		want := plain
		want.TLS = c.tls
		assert.Equal(t, want, got, name)
	}
}

func TestAnswersThatCannotBeUsedYet(t *testing.T) {
	t.Parallel()
	const endpoints = "10.0.0.1:9092"
	full := hook.Databag{"endpoints": endpoints, "secret-user": userURI, "secret-tls": tlsURI}
	for name, c := range map[string]struct {
		request kafkaclient.Request
		bag     hook.Databag
		secrets vault
		want    string
		wrong   bool
	}{
		"nothing":           {v0, hook.Databag{}, nil, "no endpoints, secret-user yet", false},
		"no user":           {v0, hook.Databag{"endpoints": endpoints}, nil, "no secret-user yet", false},
		"a trouble":         {v0, hook.Databag{"status": `[{"code":4001,"message":"no broker is up","resolution":""}]`}, nil, "no broker is up", false},
		"not granted":       {v0, full, vault{userURI: {"refusal": `permission denied`}}, "its secret: permission denied", false},
		"tls not granted":   {v0, full, vault{userURI: account(), tlsURI: {"refusal": "secret not found"}}, "its secret: secret not found", false},
		"an empty secret":   {v0, full, vault{userURI: {"username": "x"}, tlsURI: {"tls": "true"}}, "no username or no password in its secret yet", false},
		"no answer to us":   {v1, hook.Databag{"requests": `[{"request-id":"x"}]`}, nil, "no answer to this request yet", false},
		"an empty answer":   {v1, hook.Databag{"requests": `[{"request-id":"` + v1.ID() + `"}]`}, nil, "no endpoints, secret-user yet", false},
		"requests no JSON":  {v1, hook.Databag{"requests": `{`}, nil, "requests is not a list in JSON", true},
		"an endpoint":       {v0, hook.Databag{"endpoints": "10.0.0.1", "secret-user": userURI}, nil, `endpoints: "10.0.0.1" is not host:port`, true},
		"no URI":            {v0, hook.Databag{"endpoints": endpoints, "secret-user": "hunter2"}, nil, "secret-user is no secret's URI", true},
		"a word for tls":    {v0, full, vault{userURI: account(), tlsURI: {"tls": "maybe"}}, "tls is neither enabled, disabled, true nor false", true},
		"a CA that is none": {v0, full, vault{userURI: account(), tlsURI: {"tls": "true", "tls-ca": ca}}, "tls-ca holds no certificate in PEM", true},
		"a broken password": {v0, full, vault{userURI: {"username": "x", "password": "hunter2\n"}, tlsURI: {"tls": "true"}}, "the password holds a control character, as a line's end is", true},
	} {
		_, err := read(c.request, c.bag, c.secrets)
		notReady, is := errors.AsType[*kafkaclient.NotReadyError](err)
		require.True(t, is, "%s: %v", name, err)
		assert.Equal(t, kafkaclient.NotReadyError{Reason: c.want, Wrong: c.wrong}, *notReady, name)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	_, err := read(v0, full, vault{userURI: {"refusal": "the agent is out of order"}})
	assert.ErrorContains(t, err, "read the secret of the Kafka charm")
	_, is := errors.AsType[*kafkaclient.NotReadyError](err)
	assert.False(t, is, "a tool that fails is not a provider that waits")
}

func FuzzAnyDatabagCanBeRead(f *testing.F) {
	f.Add("10.0.0.1:9092", userURI, `[{"request-id":"x","tls":true}]`, `[{"code":1}]`)
	f.Fuzz(func(t *testing.T, endpoints, user, requests, status string) {
		bag := hook.Databag{"endpoints": endpoints, "secret-user": user, "requests": requests, "status": status, "tls": user}
		for _, request := range []kafkaclient.Request{v0, v1} {
			access, err := read(request, bag, vault{})
			if err == nil {
				require.NoError(t, access.Validate())
			}
		}
	})
}
