package charm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/schemas"
)

const (
	modelUUID = "59060ecc-0495-4a80-8006-5f1fc13fd783"
	secretOf7 = "cjqub6vubg2s77p3nio0"

	secretOfOperator = "cjqub6vubg2s77p3nio1"
	secretOfIdentity = "cjqub6vubg2s77p3nio2"
	secretOfTLS      = "cjqub6vubg2s77p3nio3"
	secretOfTLSV1    = "cjqub6vubg2s77p3nio4"
	digestA          = plugins.Digest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	digestB          = plugins.Digest("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
)

func wants(url string) schemas.Request {
	return schemas.Request{PluginURL: url, RequestedSecrets: []string{"username", "password"}}
}

// kafkaIsFine is what requirers are told of Kafka since noon.
const kafkaIsFine = `{"kafka_cluster":{"state":"SUCCESS","last_transition_time":"2026-11-22T12:00:00Z","observed_generation":1}}`

// of7 and of8 are the requests of relations 7 and 8.
var of7, of8 = connectprovider.Key{Relation: 7}, connectprovider.Key{Relation: 8}

// unasked is what is wrong with a databag that is empty still.
func unasked() error {
	_, err := schemas.DecodeRequirer(nil)
	return err
}

// noon is when hooks run.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var (
	wantA  = wants("http://10.0.0.9:8080/a.tar.gz")
	wantNo = wants(schemas.NotRequired)
)

// settled is a leader alone, all up, with relation 7, whose plugin is loaded, and which is published.
func settled(t *testing.T) *World {
	t.Helper()
	hash, err := accounts.HashPassword(accounts.GeneratePassword())
	require.NoError(t, err)
	account := accounts.Account{Username: "relation-7", Hash: hash, Relation: 7}
	peers := hook.RelationID(0)
	held := madeIdentity()
	w := &World{
		Event:        hook.Event{Unit: "kafka-connect/0", Kind: hook.UpdateStatus, ModelUUID: modelUUID},
		Now:          noon,
		Leader:       true,
		Config:       Config{Port: 8083, Group: Group{Name: "g"}, HeapMiB: 512, RotationPolicy: "never", Overlap: time.Hour, TLSOverlap: time.Hour},
		Kafka:        Kafka{Named: true, Access: brokers.Access{Servers: []string{"10.0.0.1:9092"}}},
		Address:      "10.0.0.5",
		PeerRelation: &peers,
		Others:       map[string]Report{},
		Identity:     Identity{Held: held},
		Runtime:      Runtime{KafkaDir: "/k", WorkerDir: "/w", PluginPath: "/p"},
		Store:        []plugins.Digest{digestA},
		Shared: Shared{
			TLS:      &TLSRecord{Secret: secretOfTLS},
			TLSV1:    &TLSRecordV1{Secret: secretOfTLSV1, Says: fingerprintOf(nil)},
			Identity: &IdentityRecord{Secret: secretOfIdentity, Fingerprint: held.Fingerprint()},
			Clients:  map[connectprovider.Key]ClientRecord{of7: {Credentials: Credentials{Secret: secretOf7, Account: account}, Open: true}},
			Operator: &Credentials{Secret: secretOfOperator, Account: accounts.Account{Username: "operator", Hash: hash, Operator: true}},
		},
	}
	w.Kafka.Reaching.Made = true
	record := w.kafkaRecord(KafkaRecord{})
	w.Shared.Kafka = &record
	w.Relations = []connectprovider.Relation{related(7, "my-integrator", schemas.V0, wantA)}
	w.Clients = clientsOf(w.Relations, w.Config)
	publishes(w, hook.Databag{"endpoints": "http://10.0.0.5:8083", "secret-user": "secret://" + modelUUID + "/" + secretOf7})
	w.Services = Services{
		GatewayRunning: true, GatewayUp: true, Plain: true, Accounts: w.accounts().Revision(),
		WorkerRunning: true, WorkerReady: true, Loaded: []plugins.Digest{digestA},
		Started: w.noteOf(w.Config.Settings(w)),
	}
	w.Own = Report{
		Address: "10.0.0.5", Ready: true, Loaded: []plugins.Digest{digestA}, Accounts: w.Services.Accounts, TLS: TLSReport{Plain: true}, Ports: []int{8083},
		Plugins: map[connectprovider.Key]PluginReport{of7: {Source: fingerprint(wantA), Digest: digestA}},
	}
	w.Sent = w.Own.clone()
	w.Services.Written = w.servicesFingerprint()
	return w
}

// related is a relation with these requests.
func related(id hook.RelationID, app string, version schemas.Version, requests ...schemas.Request) connectprovider.Relation {
	return connectprovider.NewRelation(id, app, schemas.Requirer{Version: version, Requests: requests}.Encode(), hook.Databag{})
}

// publishes has the first relation's databag say this, and how Kafka is; with credentials, where secrets of connectors are.
func publishes(w *World, bag hook.Databag) {
	relation := w.Relations[0]
	relation.Published = bag
	bag["connections"] = w.connections()
	if bag["secret-user"] != "" {
		bag["connector-secrets"] = `{"provider":"connector-secrets","path":"/proc/self/cwd/secrets/relation-7"}`
	}
	w.notePublished(relation)
}

// apply does to the world what a publication does.
func apply(w *World, step Publish) {
	relation := w.relation(step.ID)
	w.notePublished(relation.With(relation.Changes(step.Offer)))
}

// end ends the relations.
func end(w *World) { w.Relations, w.Clients = nil, nil }

// withPeer adds a second unit that is as far as the first.
func withPeer(w *World) *Report {
	peer := w.Own.clone()
	peer.Address = "10.0.0.6"
	w.Others["kafka-connect/1"] = peer
	publishes(w, hook.Databag{"endpoints": "http://10.0.0.5:8083,http://10.0.0.6:8083", "secret-user": w.Relations[0].Published["secret-user"]})
	return &peer
}

func TestNothingIsDueWhenAllIsAsItShouldBe(t *testing.T) {
	w := settled(t)
	assert.Nil(t, next(w))
	assert.Equal(t, hook.Status{Name: hook.Active, Message: "1 client"}, status(w))
	withPeer(w)
	assert.Nil(t, next(w))
}

func TestTheStepThatIsDue(t *testing.T) {
	cases := map[string]struct {
		change func(*World)
		want   Step
	}{
		"a new relation gets a secret, nothing else": {func(w *World) { delete(w.Shared.Clients, of7); w.Services.Accounts = w.accounts().Revision() }, AddSecret{Key: of7}},
		"only the leader makes secrets": {func(w *World) {
			delete(w.Shared.Clients, of7)
			w.Services.Accounts = w.accounts().Revision()
			w.Own.Accounts = w.Services.Accounts
			w.Sent = w.Own.clone()
			w.Leader = false
		}, nil},
		"settings of the gateway are put into force":  {func(w *World) { w.Services.GatewayWants = "other" }, ConfigureGateway{}},
		"a gateway that waits for a restart gets it":  {func(w *World) { w.Services.GatewayRestart = true }, ConfigureGateway{}},
		"settings of a gateway that is down can wait": {func(w *World) { w.Services.GatewayWants, w.Config.Problem = "other", "bad" }, nil},
		"a plugin that is not here is downloaded": {
			func(w *World) { w.Own.Plugins = nil; w.Store = nil },
			InstallPlugin{Key: of7, Source: plugins.Source{URL: wantA.PluginURL}},
		},
		"a changed URL is downloaded anew": {
			func(w *World) { w.Clients[0].Want = wants("http://10.0.0.9:8080/b.tar.gz") },
			InstallPlugin{Key: of7, Source: plugins.Source{URL: "http://10.0.0.9:8080/b.tar.gz"}},
		},
		"a plugin that nobody refers to is removed": {
			func(w *World) { w.Store = append(w.Store, digestB) },
			RemovePlugins{Keep: []plugins.Digest{digestA}},
		},
		"a relation that ends loses its account and secret first": {end, CloseClient{Key: of7, Secrets: []string{secretOf7}}},
		"connectors of a closed client are deleted": {func(w *World) {
			end(w)
			w.Store = nil
			w.Shared.Clients[of7] = ClientRecord{Closing: true}
			w.Services.Accounts = w.accounts().Revision()
			w.Own.Accounts = w.Services.Accounts
		}, ForgetRelation{ID: 7, Secret: secretOfOperator, Last: true}},
		"alone, a restart needs no other's leave": {func(w *World) { w.Services.Started.Plugins = nil; w.Shared.Turn = since(unit0, 0) }, RestartWorker{}},
		"an account is opened once the plugin is loaded": {func(w *World) {
			w.Shared.Clients[of7] = ClientRecord{Credentials: Credentials{Secret: secretOf7}}
			w.Services.Accounts = w.accounts().Revision()
			w.Own.Accounts = w.Services.Accounts
			publishes(w, hook.Databag{})
		}, OpenAccount{Key: of7}},
		"what waited is told to the requirer": {func(w *World) {
			w.Event.Kind = hook.LeaderElected
			w.Own.Plugins = map[connectprovider.Key]PluginReport{of7: {Failed: fingerprint(wantA), Error: "plugin x: 404 Not Found"}}
			w.Store, w.Own.Loaded = nil, nil
			w.Services.Started.Plugins = nil
			publishes(w, hook.Databag{})
		}, Publish{ID: 7, Offer: connectprovider.Offer{Connections: kafkaIsFine, Status: []schemas.StatusEntry{
			{Code: 4000, Message: "plugin x: 404 Not Found", Resolution: "tried again at the next update-status"},
		}}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			c.change(w)
			assert.Equal(t, c.want, next(w))
		})
	}
}

func TestEveryGatewayDropsAnAccountAtOnce(t *testing.T) {
	w := settled(t)
	end(w)
	w.Leader = false
	assert.Equal(t, WriteAccounts{Accounts: accounts.Set{w.Shared.Operator.Account}}, next(w), "not only the leader's; the charm's own stays")
}

func TestTheCharmHasAnAccountOfItsOwn(t *testing.T) {
	w := settled(t)
	w.Shared.Operator = nil
	assert.Equal(t, AddOperator{}, addOperator(w))
	w.Shared.Clients[of7] = ClientRecord{Closing: true}
	assert.Nil(t, forgetClients(w), "a worker would forward the deletion to a gateway that wants an account")
	w.Leader = false
	assert.Nil(t, addOperator(w))
}

func TestARelationIsForgottenWhenNoGatewayLetsItInAnyMore(t *testing.T) {
	w := settled(t)
	w.Shared.Clients[of7] = ClientRecord{Closing: true}
	w.Own.Accounts = w.accounts().Revision()
	w.Others["kafka-connect/1"] = Report{Accounts: "before"}
	assert.Equal(t, ForgetRelation{ID: 7, Secret: secretOfOperator}, forgetClients(w), "a gateway that hangs may still let in a request")
	status, _ := clientStatus(w)
	assert.Equal(t, "waiting for the gateway of [kafka-connect/1], to shut out relation 7", status.Message)
	w.Others["kafka-connect/1"] = Report{Accounts: w.Own.Accounts}
	assert.Equal(t, ForgetRelation{ID: 7, Secret: secretOfOperator, Last: true}, forgetClients(w))
}

func TestAFailedDownloadIsTriedAgainWhenItsCauseMayBeGone(t *testing.T) {
	failed := func(kind hook.Kind, relation hook.RelationID) Step {
		w := settled(t)
		w.Event.Kind = kind
		if relation != 0 {
			w.Event.Relation = &hook.RelationEvent{ID: relation}
		}
		w.Own.Plugins = map[connectprovider.Key]PluginReport{of7: {Failed: fingerprint(wantA), Error: "plugin: 404 Not Found"}}
		return installPlugins(w)
	}
	assert.IsType(t, InstallPlugin{}, failed(hook.UpdateStatus, 0))
	assert.IsType(t, InstallPlugin{}, failed(hook.ConfigChanged, 0))
	assert.IsType(t, InstallPlugin{}, failed(hook.RelationChanged, 7))
	assert.Nil(t, failed(hook.RelationChanged, 8), "the hook of another relation is not held up")
	assert.Nil(t, failed(hook.LeaderElected, 0))
}

func TestJavaIsInstalledWhereTheMachineIsTheUnits(t *testing.T) {
	w := settled(t)
	w.Runtime.Problem = "no Java"
	assert.Nil(t, installJava(w), "not on a machine of somebody else's")
	w.Runtime.CanInstallJava = true
	w.Event.Kind = hook.Install
	assert.Equal(t, InstallJava{}, installJava(w))
	assert.Nil(t, installJava(w), "once in a hook")
	w.tried = reconcile.Tried{}
	w.Event.Kind = hook.LeaderElected
	assert.Nil(t, installJava(w), "a mirror that is away does not hold up every hook")
}

func TestAServiceThatIsDownIsStarted(t *testing.T) {
	for name, stop := range map[string]func(*World){
		"worker":  func(w *World) { w.Services.WorkerRunning, w.Services.WorkerReady = false, false },
		"gateway": func(w *World) { w.Services.GatewayUp = false },
	} {
		w := settled(t)
		stop(w)
		assert.IsType(t, RunServices{}, next(w), name)
	}
}

func TestAnImpossibleConfigurationChangesNothing(t *testing.T) {
	w := settled(t)
	w.Config.Port, w.Config.Problem = 70000, "config rest-port is 70000"
	assert.Nil(t, next(w))
	assert.Equal(t, hook.Status{Name: hook.Blocked, Message: "config rest-port is 70000"}, status(w))
}

func TestAStepIsTriedOnceInAHook(t *testing.T) {
	w := settled(t)
	w.Own.Plugins, w.Store = nil, nil
	require.IsType(t, InstallPlugin{}, installPlugins(w))
	assert.Nil(t, installPlugins(w))
}

func TestCredentialsWaitForEveryWorker(t *testing.T) {
	cases := map[string]func(peer *Report){
		"that has not downloaded it": func(r *Report) { r.Plugins, r.Loaded = nil, nil },
		"that has not loaded it":     func(r *Report) { r.Loaded = nil },
		"that is not ready":          func(r *Report) { r.Ready = false },
		"that got other bytes": func(r *Report) {
			r.Plugins = map[connectprovider.Key]PluginReport{of7: {Source: fingerprint(wantA), Digest: digestB}}
		},
		"that has said nothing so far":  func(r *Report) { *r = Report{} },
		"that has the URL's older file": func(r *Report) { r.Plugins[of7] = PluginReport{Source: "old", Digest: digestA} },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			peer := withPeer(w)
			change(peer)
			w.Others["kafka-connect/1"] = *peer
			w.Shared.Clients[of7] = ClientRecord{Credentials: Credentials{Secret: secretOf7}}
			assert.Nil(t, openAccounts(w))
			publishes(w, hook.Databag{})
			assert.NotEqual(t, hook.Active, status(w).Name)
		})
	}
}

func TestCredentialsWaitForEveryGateway(t *testing.T) {
	w := settled(t)
	peer := withPeer(w)
	publishes(w, hook.Databag{})
	peer.Accounts = "of-before"
	w.Others["kafka-connect/1"] = *peer
	assert.Nil(t, publish(w))
	peer.Accounts = w.Own.Accounts
	w.Others["kafka-connect/1"] = *peer
	step, ok := publish(w).(Publish)
	require.True(t, ok)
	changes := w.Relations[0].Changes(step.Offer)
	assert.Equal(t, "http://10.0.0.5:8083,http://10.0.0.6:8083", changes["endpoints"])
	assert.Equal(t, "secret://"+modelUUID+"/"+secretOf7, changes["secret-user"], "the full form, which other models can read")
}

func TestASecretIsNotGrantedInTheHookThatMadeIt(t *testing.T) {
	w := settled(t)
	record := w.Shared.Clients[of7]
	record.fresh, record.Open = true, false
	w.Shared.Clients[of7] = record
	publishes(w, hook.Databag{})
	assert.Nil(t, openAccounts(w))
	assert.Nil(t, publish(w))
}

func TestAPublishedUnitStaysPublishedWhileAnotherAccountIsOpened(t *testing.T) {
	w := settled(t)
	withPeer(w)
	w.Own.Accounts = "behind"
	assert.Nil(t, publish(w), "no endpoint comes and goes with every new client")
	delete(w.Others, "kafka-connect/1")
	step, ok := publish(w).(Publish)
	require.True(t, ok, "a unit that is gone is taken out")
	assert.Equal(t, hook.Databag{"endpoints": "http://10.0.0.5:8083"}, w.Relations[0].Changes(step.Offer))
}

func TestANewUnitIsPublishedWhenItIsReady(t *testing.T) {
	w := settled(t)
	published := w.Relations[0].Published
	peer := withPeer(w)
	publishes(w, published)
	ready := *peer
	peer.Loaded = nil
	w.Others["kafka-connect/1"] = *peer
	assert.Nil(t, publish(w))
	w.Others["kafka-connect/1"] = ready
	assert.IsType(t, Publish{}, publish(w))
}

func TestALeavingUnitOnlyStopsItsServices(t *testing.T) {
	w := settled(t)
	w.Leaving = true
	end(w)
	assert.Nil(t, next(w), "the end of a relation on a leaving unit is not its end")
	w.Event.Kind, w.Event.MachineID = hook.Stop, ""
	assert.Equal(t, StopServices{}, next(w), "a pod that stops may come again")
	assert.Nil(t, next(w))
	w.Event.MachineID, w.tried = "0", reconcile.Tried{}
	assert.Equal(t, StopServices{RemoveFiles: true}, next(w))
	w.Event.Kind, w.tried = hook.Remove, reconcile.Tried{}
	assert.Equal(t, StopServices{RemoveFiles: true}, next(w))
}

func TestRemovingRelation1NeverTouchesRelation10(t *testing.T) {
	w := settled(t)
	record := w.Shared.Clients[of7]
	one, ten := connectprovider.Key{Relation: 1}, connectprovider.Key{Relation: 10}
	w.Shared.Clients = map[connectprovider.Key]ClientRecord{one: record, ten: record}
	w.Relations = []connectprovider.Relation{related(10, "ten", schemas.V0, wantA)}
	w.Clients = clientsOf(w.Relations, w.Config)
	w.Own.Plugins = map[connectprovider.Key]PluginReport{one: {Source: "s", Digest: digestB}, ten: {Source: fingerprint(wantA), Digest: digestA}}
	w.Store = []plugins.Digest{digestA, digestB}
	assert.Equal(t, CloseClient{Key: one, Secrets: []string{secretOf7}}, next(w))
	assert.Equal(t, RemovePlugins{Keep: []plugins.Digest{digestA}}, removePlugins(w))
}

func TestAnActionListsTheClients(t *testing.T) {
	w := settled(t)
	listed, err := listClients(t.Context(), nil, w)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"clients": "1", "relation-7": "my-integrator: plugin aaaaaaaaaaaa, credentials published"}, listed)
	w.Clients[0].Want = wantNo
	publishes(w, hook.Databag{})
	w.Services.WorkerReady, w.Own.Ready = false, false
	listed, err = listClients(t.Context(), nil, w)
	require.NoError(t, err)
	assert.Equal(t, "my-integrator: no plugin, waiting for the worker of kafka-connect/0", listed["relation-7"])
}

func TestTheStatusSaysInOneLineWhatTheUnitWaitsFor(t *testing.T) {
	cases := map[string]struct {
		change func(*World)
		want   hook.Status
	}{
		"no broker is configured": {
			func(w *World) { w.Kafka = Kafka{} },
			hook.Status{Name: hook.Blocked, Message: "no Kafka: integrate with a charm that provides kafka_client, or set config bootstrap-servers"},
		},
		"no Kafka is attached": {
			func(w *World) { w.Runtime.KafkaDir = "" },
			hook.Status{Name: hook.Blocked, Message: "no Kafka distribution: attach the resource kafka"},
		},
		"the broker is away": {func(w *World) {
			w.Services.WorkerReady, w.Services.WorkerReason = false, "no Kafka broker answers at 10.0.0.1:9092"
		}, hook.Status{Name: hook.Waiting, Message: "waiting for the worker: no Kafka broker answers at 10.0.0.1:9092"}},
		"the port is taken": {func(w *World) {
			w.Services.GatewayUp, w.Services.GatewayReason = false, "listen tcp 10.0.0.5:8083: address already in use"
		}, hook.Status{Name: hook.Waiting, Message: "waiting for the gateway: listen tcp 10.0.0.5:8083: address already in use"}},
		"the requirer has not said what it wants": {func(w *World) {
			w.Clients[0].WantErr = unasked()
		}, hook.Status{Name: hook.Waiting, Message: "my-integrator: waiting for the requirer: plugin-url, requested-secrets"}},
		"NOT-REQUIRED needs no plugin": {
			func(w *World) { w.Clients[0].Want = wantNo },
			hook.Status{Name: hook.Active, Message: "1 client"},
		},
		"two units got different bytes": {func(w *World) {
			peer := withPeer(w)
			peer.Plugins = map[connectprovider.Key]PluginReport{of7: {Source: fingerprint(wantA), Digest: digestB}}
			w.Others["kafka-connect/1"] = *peer
		}, hook.Status{Name: hook.Waiting, Message: "my-integrator: plugin: units got different bytes from its URL: sha256 aaaaaaaaaaaa and bbbbbbbbbbbb"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			c.change(w)
			assert.Equal(t, c.want, status(w))
		})
	}
}
