package charm

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Two requests of contract v1 in relation 7.
const idA, idB = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"

var of7A, of7B = connectprovider.Key{Relation: 7, Request: idA}, connectprovider.Key{Relation: 7, Request: idB}

func request(id, url string) schemas.Request { return schemas.Request{ID: id, PluginURL: url} }

// asks has the requirer of relation 7 ask for this in v1, beside what is published.
func asks(w *World, requests ...schemas.Request) {
	published := w.Relations[0].Published
	bag := hook.Databag(schemas.Requirer{Version: schemas.V1, Requests: requests}.Encode())
	w.Relations = []connectprovider.Relation{connectprovider.NewRelation(7, "my-integrator", bag, published)}
	w.Clients = clientsOf(w.Relations, w.Config)
}

// servedV1 is settled with two requests of v1 in relation 7, one for plugin A and one for none.
func servedV1(t *testing.T) *World {
	t.Helper()
	w := settled(t)
	record := w.Shared.Clients[of7]
	w.Shared.Clients = map[connectprovider.Key]ClientRecord{}
	for key, secret := range map[connectprovider.Key]string{of7A: secretOf7, of7B: secretOf7B} {
		record.Secret, record.Account.Username = secret, key.Username()
		w.Shared.Clients[key] = record
	}
	publishes(w, hook.Databag{})
	asks(w, request(idA, wantA.PluginURL), request(idB, schemas.NotRequired))
	w.Own.Plugins = map[connectprovider.Key]PluginReport{of7A: {Source: fingerprint(wantA), Digest: digestA}}
	accepted(w)
	step, is := publish(w).(Publish)
	require.True(t, is)
	apply(w, step)
	w.Sent = w.Own.clone()
	return w
}

const secretOf7B = "cjqub6vubg2s77p3nio5"

// accepted has this unit's gateway accept the accounts there are.
func accepted(w *World) {
	w.Services.Accounts = w.accounts().Revision()
	w.Own.Accounts = w.Services.Accounts
}

func TestEachRequestOfARelationIsAClientOfItsOwn(t *testing.T) {
	t.Parallel()
	w := servedV1(t)
	require.Nil(t, next(w))
	assert.Equal(t, "2 clients", status(w).Message)
	assert.Equal(t, []string{"operator", "relation-7-" + idA, "relation-7-" + idB}, w.accounts().Names())
	for _, account := range w.accounts() {
		assert.Equal(t, !account.Operator, account.Relation == 7, "its connectors are the relation's")
	}
	listed, err := listClients(t.Context(), nil, w)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"clients": "2", "relation-7-" + idA: "my-integrator: plugin aaaaaaaaaaaa, credentials published",
		"relation-7-" + idB: "my-integrator: no plugin, credentials published",
	}, listed)
	assert.Equal(t, []string{"relation-7-" + idA, "relation-7-" + idB}, w.rotatable("7"))
	assert.Len(t, w.metricsUnit().Clients, 1, "a series is for a relation")
	assert.True(t, w.metricsUnit().Clients[0].Published)
}

func TestARequestThatIsDroppedGoesWithAllThatIsItsOwn(t *testing.T) {
	t.Parallel()
	w := servedV1(t)
	asks(w, request(idB, schemas.NotRequired))
	assert.Equal(t, CloseClient{Key: of7A, Secrets: []string{secretOf7}}, next(w))
	assert.Equal(t, []string{"operator", "relation-7-" + idB}, w.accounts().Names())
	assert.Equal(t, RemovePlugins{}, removePlugins(w))
	step, is := publish(w).(Publish)
	require.True(t, is)
	assert.NotContains(t, w.Relations[0].Changes(step.Offer)["requests"], idA)
}

func TestOneBadRequestDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	w := servedV1(t)
	publishes(w, hook.Databag{})
	asks(w, request(idA, "ftp://10.0.0.9/a.tar.gz"), request(idB, schemas.NotRequired))
	step, is := publish(w).(Publish)
	require.True(t, is)
	require.Len(t, step.Offer.Answers, 1)
	assert.Equal(t, idB, step.Offer.Answers[0].RequestID)
	require.Len(t, step.Offer.Status, 1)
	assert.Equal(t, schemas.LastingTrouble, step.Offer.Status[0].Code)
	assert.Contains(t, step.Offer.Status[0].Message, "request "+idA+": requirer databag: requests[0].resource")
	assert.Equal(t, hook.Blocked, status(w).Name)
}

func TestRequestsThatCannotBeReadLeaveTheirClients(t *testing.T) {
	t.Parallel()
	w := servedV1(t)
	requirerWrites := func(bag hook.Databag) {
		w.Relations = []connectprovider.Relation{connectprovider.NewRelation(7, "my-integrator", bag, w.Relations[0].Published)}
		w.Clients = clientsOf(w.Relations, w.Config)
	}
	requirerWrites(nil)
	assert.Equal(t, AddSecret{Key: of7}, next(w), "as for one that is new; nothing is taken away")
	assert.Nil(t, publish(w))
	requirerWrites(hook.Databag{"version": "v1", "requests": "[{"})
	step, is := next(w).(Publish)
	require.True(t, is, "no account is closed and no plugin removed")
	assert.Equal(t, []string{"status"}, sortedKeys(w.Relations[0].Changes(step.Offer)))
	assert.Equal(t, hook.Blocked, status(w).Name)
	assert.Contains(t, status(w).Message, "my-integrator: requirer databag: requests must be")
}

// A secret is there, and can be read, when the first request shows that the requirer is of v1, and when a requirer is refreshed.
func TestARequirerOfAnotherVersionGoesOnWithSecretAndPlugin(t *testing.T) {
	t.Parallel()
	w := settled(t)
	asks(w, request(idA, wantA.PluginURL))
	require.Equal(t, TakeOverSecret{From: of7, To: of7A}, next(w))
	w.Shared.Clients = map[connectprovider.Key]ClientRecord{of7A: w.Shared.Clients[of7]}
	accepted(w)
	share := SharePlugin{Key: of7A, Plugin: w.Own.Plugins[of7]}
	require.Equal(t, share, next(w), "a server that is away costs no plugin that is in use")
	require.NoError(t, share.Apply(t.Context(), nil, w))
	assert.Equal(t, RemovePlugins{Keep: []plugins.Digest{digestA}}, removePlugins(w), "the report of before goes")
	step, is := publish(w).(Publish)
	require.True(t, is)
	changes := w.Relations[0].Changes(step.Offer)
	assert.Equal(t, []string{"data", "endpoints", "requests", "secret-user", "version"}, sortedKeys(changes))
	assert.Empty(t, changes["secret-user"])
	assert.Contains(t, changes["requests"], secretOf7)
}

func TestNoSecretIsTakenOverWhileItsRequestGoesOn(t *testing.T) {
	t.Parallel()
	w := servedV1(t)
	const idC = "cccccccccccccccc"
	asks(w, request(idA, wantA.PluginURL), request(idB, schemas.NotRequired), request(idC, schemas.NotRequired))
	assert.Nil(t, takeOverSecrets(w))
	assert.Equal(t, AddSecret{Key: connectprovider.Key{Relation: 7, Request: idC}}, next(w))
	asks(w, request(idA, wantA.PluginURL), request(idC, schemas.NotRequired))
	assert.Equal(t, TakeOverSecret{From: of7B, To: connectprovider.Key{Relation: 7, Request: idC}}, next(w))
	w.Leader = false
	assert.Nil(t, takeOverSecrets(w))
}

func TestEachVersionHasItsWordsForTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "one")
	w := served(t, ca, noon)
	assert.Equal(t, secretOfTLS, w.secretTLS(schemas.V0).ID)
	assert.Equal(t, secretOfTLSV1, w.secretTLS(schemas.V1).ID)
	for version, word := range map[schemas.Version]string{schemas.V0: "enabled", schemas.V1: "true"} {
		content := aboutTLS(version, []string{ca.pem()})
		assert.Equal(t, word, content["tls"].Reveal())
		assert.Equal(t, ca.pem(), content["tls-ca"].Reveal())
	}
	assert.Equal(t, "false", aboutTLS(schemas.V1, nil)["tls"].Reveal())

	w.Shared.TLSV1.Says = "what was so before a charm was refreshed back and forth"
	assert.Equal(t, PublishCAs{V0: secretOfTLS, V1: secretOfTLSV1, CAs: []string{ca.pem()}}, publishCAs(w))
	w.Shared.TLSV1 = nil
	assert.Equal(t, AddTLSSecret{Version: schemas.V1}, next(w), "after a refresh from a charm that has none")
}

// old is the documents as the charm before this one reads them.
type old struct {
	Clients, Plugins map[hook.RelationID]struct{}
	Wings            string
}

func TestAnEarlierCharmReadsTheDocuments(t *testing.T) {
	t.Parallel()
	hash, err := accounts.HashPassword(accounts.GeneratePassword())
	require.NoError(t, err)
	record := ClientRecord{Open: true, Credentials: Credentials{Secret: "s", Account: accounts.Account{Username: "relation-7", Hash: hash, Relation: 7}}}
	shared := Shared{Clients: map[connectprovider.Key]ClientRecord{of7: record, of8: record, {Relation: 9, Request: idA}: record}}
	report := Report{Address: "10.0.0.5", Plugins: map[connectprovider.Key]PluginReport{of7: {Source: "x"}, of7A: {Source: "y"}}}

	written, err := json.Marshal(shared)
	require.NoError(t, err)
	var before old
	require.NoError(t, json.Unmarshal(written, &before))
	assert.Equal(t, map[hook.RelationID]struct{}{7: {}, 8: {}}, before.Clients)
	var again Shared
	require.NoError(t, json.Unmarshal(written, &again))
	assert.Equal(t, shared.Clients, again.Clients)
	assert.Empty(t, again.unknown)

	written, err = json.Marshal(report)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(written, &before))
	assert.Equal(t, map[hook.RelationID]struct{}{7: {}}, before.Plugins)
	var read Report
	require.NoError(t, json.Unmarshal(written, &read))
	assert.Equal(t, report, read)
}

// What the charm before this one has written keeps its client as it is.
func TestARefreshFromAnEarlierCharmKeepsItsClients(t *testing.T) {
	t.Parallel()
	w := settled(t)
	document := `{"clients":{"7":{"secret":"` + secretOf7 + `","account":{"username":"relation-7","hash":"` + string(w.Shared.Clients[of7].Account.Hash) +
		`","relation":7},"open":true}}}`
	var shared Shared
	require.NoError(t, json.Unmarshal([]byte(document), &shared))
	var report Report
	require.NoError(t, json.Unmarshal([]byte(`{"plugins":{"7":{"source":"`+fingerprint(wantA)+`","digest":"`+string(digestA)+`"}}}`), &report))
	w.Shared.Clients, w.Own.Plugins = shared.Clients, report.Plugins
	w.Sent = w.Own.clone()
	assert.Nil(t, next(w))
}
