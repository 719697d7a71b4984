package charm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

const uriOfSecrets = "secret://" + modelUUID + "/cjqub6vubg2s77p3nio9"

func secretsOf(version int64) *connectorsecrets.Content {
	return &connectorsecrets.Content{Version: version, Files: map[string]secret.Value{"token": secret.New("hunter2")}}
}

// bringing is a settled unit whose client of relation 7 names secrets. They are as the argument says.
func bringing(t *testing.T, secrets ConnectorSecrets) *World {
	t.Helper()
	w := settled(t)
	w.Relations[0].ConnectorSecrets, _ = schemas.ParseSecretURI(uriOfSecrets)
	w.Secrets = map[hook.RelationID]ConnectorSecrets{7: secrets}
	w.Shared.Secrets = []hook.RelationID{7}
	w.Acknowledged = map[hook.RelationID]int64{}
	w.reportSecrets()
	return w
}

// tell does to the world what the acknowledgements that are due do, and the report.
func tell(t *testing.T, w *World) {
	t.Helper()
	for step := acknowledgeSecrets(w); step != nil; step = acknowledgeSecrets(w) {
		told, is := step.(AcknowledgeSecrets)
		require.True(t, is)
		w.Acknowledged[told.ID] = told.Version
	}
	w.Sent = w.ownReport()
}

func TestAVersionIsAcknowledgedOnceItsFilesAreThere(t *testing.T) {
	t.Parallel()
	w := bringing(t, ConnectorSecrets{Named: true, Wanted: secretsOf(3)})
	assert.Nil(t, acknowledgeSecrets(w), "nothing is there yet")
	require.Equal(t, WriteSecrets{ID: 7, Content: *secretsOf(3)}, next(w))

	w = bringing(t, ConnectorSecrets{Named: true, Wanted: secretsOf(3), OnDisk: true, Have: secretsOf(3)})
	require.Equal(t, AcknowledgeSecrets{ID: 7, Version: 3}, next(w))
	tell(t, w)
	assert.Nil(t, next(w))
	assert.Equal(t, int64(3), w.Sent.Secrets[7].Version, "the next hook finds what was told in the report, and asks nobody")
}

// TestNoUnitAcknowledgesBeforeAllKnow is for the unit that joins a moment later.
func TestNoUnitAcknowledgesBeforeAllKnow(t *testing.T) {
	t.Parallel()
	w := bringing(t, ConnectorSecrets{Named: true, Wanted: secretsOf(3), OnDisk: true, Have: secretsOf(3)})
	w.Shared.Secrets = nil
	w.reportSecrets()
	assert.Equal(t, NoteSecrets{Relations: []hook.RelationID{7}}, next(w))
	w.Leader = false
	assert.Nil(t, next(w), "the leader says it first")

	w = bringing(t, ConnectorSecrets{Named: true, Wanted: &connectorsecrets.Content{}, OnDisk: true, Have: &connectorsecrets.Content{}})
	w.Shared.Secrets = nil
	w.reportSecrets()
	assert.Nil(t, next(w), "a secret that was made ahead is nothing to wait for")

	w = bringing(t, ConnectorSecrets{Named: true, Problem: "not granted"})
	assert.Nil(t, noteSecrets(w), "what is noted stays while it is named")
}

func TestAnOlderVersionIsWrittenOverAndAcknowledgedUntilThen(t *testing.T) {
	t.Parallel()
	w := bringing(t, ConnectorSecrets{Named: true, Wanted: secretsOf(4), OnDisk: true, Have: secretsOf(3)})
	tell(t, w)
	assert.Equal(t, int64(3), w.Acknowledged[7])
	require.Equal(t, WriteSecrets{ID: 7, Content: *secretsOf(4)}, next(w))
	assert.Nil(t, next(w), "once in a hook, should it not succeed")
}

func TestTheSameVersionWithOtherFilesIsWritten(t *testing.T) {
	t.Parallel()
	damaged := secretsOf(3)
	damaged.Files = map[string]secret.Value{"token": secret.New("hunt")}
	w := bringing(t, ConnectorSecrets{Named: true, Wanted: secretsOf(3), OnDisk: true, Have: damaged})
	assert.Equal(t, WriteSecrets{ID: 7, Content: *secretsOf(3)}, next(w))
}

func TestAWorkerOfAnEarlierCharmReadsNoSecretsBeforeItsRestart(t *testing.T) {
	t.Parallel()
	w := bringing(t, ConnectorSecrets{Named: true, Wanted: secretsOf(3), OnDisk: true, Have: secretsOf(3)})
	w.Services.Started.ReadsSecrets = false
	w.reportSecrets()
	assert.Nil(t, acknowledgeSecrets(w))
	w.Services.WorkerRunning = false
	w.reportSecrets()
	assert.Equal(t, AcknowledgeSecrets{ID: 7, Version: 3}, acknowledgeSecrets(w), "it will be started with settings that have them")
}

func TestSecretsThatCannotBeReadNowLeaveWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, lasts := range map[string]bool{"not granted": false, "wrong": true} {
		w := bringing(t, ConnectorSecrets{Named: true, Problem: "connector-secrets: " + name, Lasts: lasts, OnDisk: true, Have: secretsOf(3)})
		tell(t, w)
		assert.Equal(t, int64(3), w.Acknowledged[7])
		step, is := next(w).(Publish)
		require.True(t, is, name)
		require.Len(t, step.Offer.Status, 1)
		assert.Equal(t, lasts, step.Offer.Status[0].Code >= schemas.LastingTrouble)
		assert.Len(t, step.Offer.Answers, 1, "the client goes on")
		apply(w, step)
		assert.Nil(t, next(w), name)
		assert.Equal(t, hook.Status{Name: hook.Waiting, Message: "waiting for my-integrator to mend its secrets: connector-secrets: " + name}, status(w))
	}
}

func TestSecretsGoWithTheRelationAndWhenTheyAreTakenBack(t *testing.T) {
	t.Parallel()
	w := bringing(t, ConnectorSecrets{OnDisk: true, Have: secretsOf(3)})
	w.Relations[0].ConnectorSecrets = schemas.SecretURI{}
	w.Acknowledged[7] = 3
	require.Equal(t, RemoveSecrets{ID: 7}, next(w))
	delete(w.Secrets, 7)
	require.Equal(t, NoteSecrets{}, next(w))
	w.Shared.Secrets = nil
	require.Equal(t, AcknowledgeSecrets{ID: 7, Version: 0}, next(w), "it is taken back")

	w = bringing(t, ConnectorSecrets{OnDisk: true})
	end(w)
	assert.Equal(t, RemoveSecrets{ID: 7}, keepSecrets(w), "what a write that was cut off has left, too")
	assert.Nil(t, acknowledgeSecrets(w), "there is nobody to tell")
}

// TestADatabagThatCannotBeReadTakesNoSecretsBack is of what a slip of a requirer's must not do to connectors that run.
func TestADatabagThatCannotBeReadTakesNoSecretsBack(t *testing.T) {
	t.Parallel()
	for name, bag := range map[string]hook.Databag{
		"it is of an unknown version":   {"version": "v9"},
		"its requests are no list":      {"version": "v1", "requests": "[{"},
		"it names no secret, but words": {"plugin-url": schemas.NotRequired, "requested-secrets": `["username","password"]`, "connector-secrets": "hunter2"},
	} {
		u := unit{Hook: &hook.Hook{}, clients: connectprovider.New(&hook.Hook{}, connectprovider.Options{})}
		relation := connectprovider.NewRelation(7, "my-integrator", bag, nil)
		secrets, err := u.observeSecretsOf(t.Context(), relation, ConnectorSecrets{})
		require.NoError(t, err, name)
		assert.True(t, secrets.Named, name)
		w := bringing(t, ConnectorSecrets{Named: secrets.Named, OnDisk: true, Have: secretsOf(3)})
		assert.Nil(t, keepSecrets(w), name)
	}
}

func TestAWorkerDoesNotBeginWithoutSecretsThatItsTasksReferTo(t *testing.T) {
	t.Parallel()
	w := bringing(t, ConnectorSecrets{Named: true, Problem: "connector-secrets: not granted"})
	w.Services.WorkerRunning, w.Services.WorkerReady = false, false
	w.Shared.Secrets = nil
	assert.True(t, w.canRunWorker(), "nobody has them: nothing refers to them")
	w.Shared.Secrets = []hook.RelationID{7}
	assert.False(t, w.canRunWorker(), "what another unit has, or this one had before it lost its disk")
	assert.Equal(t, "waiting for the connector secrets of my-integrator, without which its tasks would fail: connector-secrets: not granted", status(w).Message)

	w.Services.WorkerRunning = true
	assert.True(t, w.canRunWorker(), "one that runs goes on")
	w.Services.WorkerRunning = false
	w.Secrets[7] = ConnectorSecrets{Named: true, Problem: "gone for a moment", OnDisk: true, Have: secretsOf(2)}
	assert.True(t, w.canRunWorker(), "what was there before a reboot is still there")

	w.Relations[0].ConnectorSecrets = schemas.SecretURI{}
	w.Secrets = nil
	assert.True(t, w.canRunWorker(), "its requirer wants none any more")
}

func TestARequirerOfAnotherModelIsNotToldOfAPlace(t *testing.T) {
	t.Parallel()
	here := connectprovider.Relation{ID: 7, App: "remote-control"}
	assert.Equal(t, "/proc/self/cwd/secrets/relation-7", secretsPlace(here).Path)
	here.App = "remote-" + strings.ReplaceAll(modelUUID, "-", "")
	assert.True(t, secretsPlace(here).IsZero(), "Juju lets nobody grant a secret across models")
}

func TestAReportOfSecretsSurvivesTheDatabag(t *testing.T) {
	t.Parallel()
	report := Report{Secrets: map[hook.RelationID]SecretsReport{7: {Version: 3}, 12: {Problem: "p", Lasts: true}}}
	document, err := report.MarshalJSON()
	require.NoError(t, err)
	var read Report
	require.NoError(t, read.UnmarshalJSON(document))
	assert.True(t, report.equal(read))
	read.Secrets[7] = SecretsReport{Version: 4}
	assert.False(t, report.equal(read))
	other := report.clone()
	other.Secrets[7] = SecretsReport{}
	assert.Equal(t, int64(3), report.Secrets[7].Version, "a clone is one")
}
