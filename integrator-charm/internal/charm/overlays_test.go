package charm

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// laid is what a manager has after so many changes; a file of each is still there.
func laid(version int64) document {
	has := document{Version: version, Overlays: secret.New(fmt.Sprintf(`[{"connector":"lines","version":%d}]`, version))}
	if version > 0 {
		has.Files = map[string]secret.Value{fmt.Sprintf("token-%d", version): secret.New("hunter2")}
	}
	return has
}

// brings is a provider that can.
var brings = schemas.SecretsPlace{Provider: "connector-secrets", Path: "/secrets/relation-7"}

// overlaid is a leader's world whose manager has a version, of which Juju keeps another (0: none); units of the provider have a
// third.
func overlaid(has, kept, held int64) *World {
	w := inRest()
	cluster := &w.Clusters[0]
	document := laid(has)
	cluster.Place, cluster.Overlays = brings, Overlays{Has: &document, Held: connectclient.Held{"kafka-connect/0": held, "kafka-connect/1": has}}
	if kept > 0 {
		cluster.Overlays.Secret, cluster.Overlays.Kept = "abc", laid(kept)
		cluster.Overlays.Taken = cluster.Overlays.Kept.digest()
	}
	w.take()
	return w
}

// overlaySteps are those that are due for overlays; a step that keeps them does so.
func overlaySteps(w *World) (due []Step) {
	for step := keepOverlays(w); step != nil; step = keepOverlays(w) {
		due = append(due, step)
		overlays := &w.Clusters[0].Overlays
		switch step.(type) {
		case KeepOverlays:
			overlays.Secret, overlays.Kept, overlays.Taken = "abc", *overlays.Has, overlays.Has.digest()
		case TakeOverlays:
			overlays.Taken, overlays.Has = overlays.Kept.digest(), nil
		}
	}
	return due
}

func TestWhatConnectorsChangeIsKeptBroughtAndToldInThisOrder(t *testing.T) {
	t.Parallel()
	bring := func(version int64) Step {
		return BringSecrets{7, connectorsecrets.Content{Version: version, Files: laid(version).Files}}
	}
	for name, test := range map[string]struct {
		world *World
		want  []Step
	}{
		"nothing yet: a secret is made for what may come": {overlaid(0, 0, 0), []Step{bring(0)}},
		"the first change":                                 {overlaid(1, 0, 0), []Step{KeepOverlays{7}, bring(1)}},
		"a change that Juju does not have":                 {overlaid(3, 2, 2), []Step{KeepOverlays{7}, bring(3)}},
		"one that not every worker has":                    {overlaid(3, 3, 2), []Step{bring(3)}},
		"one that every worker has":                        {overlaid(3, 3, 3), []Step{bring(3), TellDelivered{7, 3}}},
		"a manager that has lost what it had gets it back": {overlaid(0, 3, 0), []Step{TakeOverlays{7}, LookAtOverlays{7}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, overlaySteps(test.world))
		})
	}
}

func TestOfAProviderThatCannotBringSecretsOverlaysAreKeptAllTheSame(t *testing.T) {
	t.Parallel()
	w := overlaid(2, 1, 0)
	w.Clusters[0].Place = schemas.SecretsPlace{}
	assert.Equal(t, []Step{KeepOverlays{7}}, overlaySteps(w))
}

func TestOnlyTheLeaderTouchesOverlaysAndOnlyWhereItsManagerWorks(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*World){
		"a standby":                  func(w *World) { w.Leader = false },
		"a relation that may end":    func(w *World) { w.Clusters[0].MayEnd = true },
		"no manager":                 func(w *World) { w.Manager.Running = false },
		"a cluster it does not have": func(w *World) { w.Clusters[0].Provider = "other" },
	} {
		w := overlaid(3, 2, 2)
		change(w)
		assert.Nil(t, keepOverlays(w), name)
	}
}

func TestANewLeadersManagerWorksOnlyWhenItHasWhatIsKept(t *testing.T) {
	t.Parallel()
	w := overlaid(0, 3, 3)
	w.Leader = false
	w.take()
	w.Leader, w.Clusters[0].Overlays.Taken, w.Clusters[0].Overlays.Has = true, "", nil
	assert.NotContains(t, w.wantedManager().files[settingsFile].Reveal(), "active: true")
	assert.Equal(t, TakeOverlays{7}, keepOverlays(w))

	w.Clusters[0].Overlays.Taken = w.Clusters[0].Overlays.Kept.digest()
	assert.Contains(t, w.wantedManager().files[settingsFile].Reveal(), "active: true")
	step, is := next(w).(RequestPlugin)
	require.True(t, is, step)
	assert.IsType(t, RunManager{}, next(w))

	other := w.Clusters[0]
	other.Relation, other.Provider, other.NotReady = 9, "other", &connectclient.NotReadyError{Reason: connectclient.ErrWaitingForProvider}
	other.Overlays.Taken = ""
	w.Clusters = append(w.Clusters, other)
	assert.Contains(t, w.wantedManager().files[settingsFile].Reveal(), "active: true", "one that it does not work on keeps it from nothing")
}

func TestWhatJujuKeepsAndNobodyCanReadIsToldAndReplacedByTheNextChange(t *testing.T) {
	t.Parallel()
	w := overlaid(0, 0, 0)
	overlays := &w.Clusters[0].Overlays
	overlays.Secret, overlays.unreadable, overlays.Problem = "abc", true, "the overlays that Juju keeps cannot be read"
	assert.Contains(t, w.wantedManager().files[settingsFile].Reveal(), "active: true")
	assert.NotContains(t, overlaySteps(w), TakeOverlays{7})
	assert.Equal(t, hook.Blocked, status(w).Name)
	w = overlaid(1, 0, 0)
	w.Clusters[0].Overlays.Secret, w.Clusters[0].Overlays.unreadable = "abc", true
	assert.Contains(t, overlaySteps(w), KeepOverlays{7})
}

func TestASecretIsMadeBeforeTheManagerRunsAndNeverTakenBackFromAManagerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := overlaid(0, 0, 0)
	w.Manager.Running, w.Clusters[0].Overlays.Has = false, nil
	assert.Equal(t, BringSecrets{7, connectorsecrets.Content{}}, prepareSecrets(w))
	assert.Nil(t, prepareSecrets(w), "once in a hook")
	w = overlaid(3, 3, 3)
	w.Manager.Running, w.Clusters[0].Overlays.Has = false, nil
	assert.Nil(t, prepareSecrets(w))
	w = overlaid(3, 3, 3)
	w.Clusters[0].Overlays.Has = nil
	assert.Equal(t, []Step{LookAtOverlays{7}}, overlaySteps(w))
}

func TestWhatIsLeftOfARelationGoesWithIt(t *testing.T) {
	t.Parallel()
	w := overlaid(3, 3, 3)
	for kind, want := range map[hook.Kind]Step{hook.RelationBroken: ForgetOverlays{}, hook.LeaderElected: ForgetOverlays{}, hook.UpdateStatus: nil} {
		w.Event.Kind, w.tried = kind, inRest().tried
		assert.Equal(t, want, forgetOverlays(w), kind)
	}
	w.Event = hook.Event{Kind: hook.SecretRemove, Secret: &hook.SecretEvent{URI: "secret:abc", Revision: 2}}
	assert.Equal(t, ForgetRevision{"secret:abc", 2}, forgetOverlays(w))
	w.Leader = false
	assert.Nil(t, forgetOverlays(w))
	for label, want := range map[string]bool{"overlays-7": false, "overlays-11": true, "overlays-": false, "overlays-x": false, "relation-11": false} {
		assert.Equal(t, want, w.isLeftOver(label), label)
	}
}

func TestADocumentIsKeptWholeAndShowsNothingInAnError(t *testing.T) {
	t.Parallel()
	kept, err := readKept(laid(3).text())
	require.NoError(t, err)
	assert.Equal(t, int64(3), kept.Version)
	assert.Equal(t, laid(3).digest(), kept.digest())
	assert.NotEqual(t, laid(2).digest(), kept.digest())
	for _, wrong := range []string{"", "hunter2", `{"version": "hunter2"}`, `{"version": 3}`} {
		_, err := readKept(secret.New(wrong))
		require.Error(t, err, wrong)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestWhatAProviderSaysOfItsKafkaIsPassedOn(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	w := inRest()
	w.Clusters[0].Kafka = `{"kafka_cluster":{"state":"EXPIRED","errors":{"authenticate":{"message":"the password is not accepted"}},` +
		`"last_transition_time":"2026-11-23T08:00:00Z","last_attempt_time":"2026-11-23T09:00:00Z"}}`
	status := toldStatus(w.Clusters[0].Kafka)
	assert.Equal(t, connection.Expired, status.State)
	assert.Equal(t, since, status.LastTransitionTime)
	assert.Zero(t, status.LastAttemptTime, "what changes with every look would be a reload in every hook")
	to := files{}
	section := w.wantedTold(to)
	assert.Contains(t, to[toldFile].Reveal(), `"kafka-connect-kafka":{"name":"Kafka of kafka-connect","context":"kafka-connect"`)
	var written map[string]string
	require.NoError(t, section.Decode(&written))
	assert.Equal(t, map[string]string{
		"told-file": "/data/manager/connections.json", "secrets-dir": "/data/manager/connection-secrets",
	}, written)
	for _, nothing := range []string{"", "{}", "null", "[]", `{"kafka_cluster":{"state":"GOOD"}}`, `{"kafka_cluster":null}`} {
		assert.Nil(t, toldStatus(nothing), nothing)
	}
}

func TestTheManagerIsToldHowToHaveAHookRunWhereJujuHasACommandForIt(t *testing.T) {
	t.Parallel()
	w := inRest()
	before := maps.Clone(w.wantedManager().files)
	w.Exec = "/usr/bin/juju-exec"
	assert.NotContains(t, before[settingsFile].Reveal(), "call:")
	assert.Equal(t, []string{"/usr/bin/juju-exec", "integrator/0", "JUJU_DISPATCH_PATH=hooks/overlays-changed ./dispatch"}, w.wantedCall())
}

func TestSecretsOfConnectionsLieApartFromThoseOfTheStateFile(t *testing.T) {
	t.Parallel()
	w := inRest()
	w.Granted.Connections = map[string]hook.SecretContent{"orders": {"password": secret.New("hunter3")}}
	w.take()
	assert.Equal(t, secret.New("hunter3"), w.Manager.Files["connection-secrets/orders/password"])
	assert.Empty(t, w.Manager.Files.under("secrets"))

	w.Granted.Connections, w.Granted.ServeProblem = nil, "config connection-secrets cannot be read"
	w.take()
	assert.Equal(t, secret.New("hunter3"), w.Manager.Files["connection-secrets/orders/password"], "what was right stays")

	w.Granted.ServeProblem = ""
	w.take()
	assert.Empty(t, w.Manager.Files.under("connection-secrets"))
}
