package connection_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
)

var (
	began = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	later = began.Add(time.Minute)
)

func kafka(name string) connection.Spec {
	return connection.Spec{
		ID: "k", Name: name, Type: connection.Direct, KafkaCluster: &connection.KafkaClusterConfig{BootstrapServers: "broker:9092"},
	}
}

// What an attempt may come to.
var (
	gotIn       = connection.Result{Part: connection.PartKafkaCluster, Generation: 1, OK: true, User: &connection.User{Username: "ada"}}
	refused     = failure(connection.PhaseAuthenticate, true)
	unreachable = failure(connection.PhaseConnect, false)
	forbidden   = failure(connection.PhaseAuthorize, false)
)

func failure(phase connection.Phase, isRefused bool) connection.Result {
	return connection.Result{
		Part: connection.PartKafkaCluster, Generation: 1, Refused: isRefused,
		Errors: connection.Errors{phase: {Message: "no", IsTransient: !isRefused}},
	}
}

// after plays results, a second each, on a connection whose attempts have begun.
func after(results ...connection.Result) connection.PartStatus {
	status := connection.New(kafka(""), 1, began).Begin(kafka(""), 1, began)
	for i, result := range results {
		status = status.After(result, began.Add(time.Duration(i+1)*time.Second))
	}
	return *status.KafkaCluster
}

func TestEveryStateAfterEveryResult(t *testing.T) {
	t.Parallel()
	ways := map[string][]connection.Result{ // to each state, and each memory of it
		"ATTEMPTING":                        nil,
		"SUCCESS":                           {gotIn},
		"FAILED, it never got in":           {unreachable},
		"FAILED, refused at once":           {refused},
		"FAILED, it got in before":          {gotIn, unreachable},
		"EXPIRED":                           {gotIn, refused},
		"EXPIRED, and not reached by now":   {gotIn, refused, unreachable},
		"EXPIRED, and forbidden by now":     {gotIn, refused, forbidden},
		"SUCCESS, after it was expired":     {gotIn, refused, gotIn},
		"EXPIRED, after it was not reached": {gotIn, unreachable, refused},
	}
	want := map[string][4]connection.State{ // got in, refused, not reached, forbidden
		"ATTEMPTING":                        {connection.Success, connection.Failed, connection.Failed, connection.Failed},
		"SUCCESS":                           {connection.Success, connection.Expired, connection.Failed, connection.Failed},
		"FAILED, it never got in":           {connection.Success, connection.Failed, connection.Failed, connection.Failed},
		"FAILED, refused at once":           {connection.Success, connection.Failed, connection.Failed, connection.Failed},
		"FAILED, it got in before":          {connection.Success, connection.Expired, connection.Failed, connection.Failed},
		"EXPIRED":                           {connection.Success, connection.Expired, connection.Expired, connection.Expired},
		"EXPIRED, and not reached by now":   {connection.Success, connection.Expired, connection.Expired, connection.Expired},
		"EXPIRED, and forbidden by now":     {connection.Success, connection.Expired, connection.Expired, connection.Expired},
		"SUCCESS, after it was expired":     {connection.Success, connection.Expired, connection.Failed, connection.Failed},
		"EXPIRED, after it was not reached": {connection.Success, connection.Expired, connection.Expired, connection.Expired},
	}
	for name, way := range ways {
		for i, result := range []connection.Result{gotIn, refused, unreachable, forbidden} {
			is := after(append(way[:len(way):len(way)], result)...)
			assert.Equal(t, want[name][i], is.State, "%s, then %d", name, i)
		}
	}
}

func TestANewConnectionIsNoneUntilAttemptsBegin(t *testing.T) {
	t.Parallel()
	status := connection.New(kafka(""), 7, began)
	assert.Equal(t, connection.Status{KafkaCluster: &connection.PartStatus{
		State: connection.None, LastTransitionTime: began, ObservedGeneration: 7,
	}}, status)
	begun := status.Begin(kafka(""), 7, later)
	assert.Equal(t, connection.Status{KafkaCluster: &connection.PartStatus{
		State: connection.Attempting, LastTransitionTime: later, ObservedGeneration: 7,
	}}, begun)
	assert.Equal(t, connection.None, status.KafkaCluster.State, "the one before is left as it is")
}

func TestWhatASystemSaidOfItselfStaysKnown(t *testing.T) {
	t.Parallel()
	status := connection.New(kafka(""), 7, began).Begin(kafka(""), 7, began)
	said := map[string]string{"cluster_id": "abc"}
	in := status.After(connection.Result{Generation: 7, Part: connection.PartKafkaCluster, OK: true, Details: said}, later)
	assert.Equal(t, said, in.KafkaCluster.Details)
	assert.False(t, in.KafkaCluster.Says(*status.After(connection.Result{Generation: 7, Part: connection.PartKafkaCluster, OK: true}, later).KafkaCluster))
	out := in.After(connection.Result{Generation: 7, Part: connection.PartKafkaCluster}, later)
	assert.Equal(t, said, out.KafkaCluster.Details)
	assert.Empty(t, out.Begin(kafka("another"), 8, later).KafkaCluster.Details)
}

func TestWhatOnceGotInWithThisSpecExpiresAlsoWhenThatIsOnlyRecalled(t *testing.T) {
	t.Parallel()
	fresh := connection.New(kafka(""), 1, began)
	recalled := fresh.Recall(connection.PartKafkaCluster, later).Recall(connection.PartCCloud, later).Begin(kafka(""), 1, later)
	assert.True(t, fresh.KafkaCluster.LastSuccessTime.IsZero(), "the one before is left as it is")
	assert.Equal(t, connection.Attempting, recalled.KafkaCluster.State, "how it is now is not known by that")
	assert.Equal(t, connection.Expired, recalled.After(refused, later).KafkaCluster.State)
	other := refused
	other.Generation = 2
	assert.Equal(t, connection.Failed, recalled.Begin(kafka("other"), 2, later).After(other, later).KafkaCluster.State)
}

func TestNobodyIsLoggedInToCloudWithoutCredentials(t *testing.T) {
	t.Parallel()
	spec := connection.Spec{ID: "c", Type: connection.CCloud, CCloud: &connection.CCloudConfig{}}
	status := connection.New(spec, 1, began).Begin(spec, 1, later)
	assert.Equal(t, connection.None, status.CCloud.State)
	assert.Equal(t, began, status.CCloud.LastTransitionTime)
	assert.Equal(t, connection.NoToken, status.WithAuthentication().Authentication.Status)
}

func TestAChangedSpecBeginsAnewAndKeepsNothing(t *testing.T) {
	t.Parallel()
	for name, way := range map[string][]connection.Result{
		"attempting": nil, "got in": {gotIn}, "expired": {gotIn, refused}, "failed": {gotIn, unreachable},
	} {
		status := connection.Status{KafkaCluster: new(after(way...))}
		spec := kafka("other")
		spec.SchemaRegistry = &connection.SchemaRegistryConfig{URI: "http://registry:8081"}
		begun := status.Begin(spec, 2, later)
		since := later
		if status.KafkaCluster.State == connection.Attempting {
			since = status.KafkaCluster.LastTransitionTime // the state has not changed
		}
		anew := connection.PartStatus{State: connection.Attempting, LastTransitionTime: since, ObservedGeneration: 2}
		assert.Equal(t, anew, *begun.KafkaCluster, name)
		assert.Equal(t, connection.Attempting, begun.SchemaRegistry.State, name)

		stale := gotIn
		assert.Equal(t, begun, begun.After(stale, later), "%s: a result of the spec before counts for nothing", name)
		renewed := refused
		renewed.Generation = 2
		assert.Equal(t, connection.Failed, begun.After(renewed, later).KafkaCluster.State, "%s: this spec never got in", name)

		spec.KafkaCluster = nil
		assert.Nil(t, begun.Begin(spec, 3, later).KafkaCluster, "%s: what the spec is not about has no status", name)
	}
}

func TestAnotherAttemptWithTheSameSpecTakesNothingBack(t *testing.T) {
	t.Parallel()
	for name, way := range map[string][]connection.Result{"got in": {gotIn}, "expired": {gotIn, refused}, "failed": {unreachable}} {
		status := connection.Status{KafkaCluster: new(after(way...))}
		assert.Equal(t, status, status.Begin(kafka(""), 1, later), name)
	}
}

func TestAResultForWhatTheSpecIsNotAboutCountsForNothing(t *testing.T) {
	t.Parallel()
	status := connection.New(kafka(""), 1, began)
	for _, part := range []connection.Part{connection.PartCCloud, "", "other"} {
		assert.Equal(t, status, status.After(connection.Result{Part: part, Generation: 1, OK: true}, later))
	}
}

func TestExpiredTellsOfBothWhatRefusedItAndWhatIsInTheWayNow(t *testing.T) {
	t.Parallel()
	is := after(gotIn, refused, unreachable)
	assert.Equal(t, connection.Errors{
		connection.PhaseAuthenticate: {Message: "no", CreatedAt: began.Add(2 * time.Second)},
		connection.PhaseConnect:      {Message: "no", IsTransient: true, CreatedAt: began.Add(3 * time.Second)},
	}, is.Errors)
	assert.Equal(t, "connect: no; authenticate: no", is.Errors.String())
	assert.Equal(t, &connection.User{Username: "ada"}, is.User, "who it is that has to log in again")
	again := after(gotIn, refused, unreachable, refused)
	assert.Equal(t, connection.Errors{connection.PhaseAuthenticate: {Message: "no", CreatedAt: began.Add(2 * time.Second)}}, again.Errors)
}

func TestAnErrorIsSinceItIsThatError(t *testing.T) {
	t.Parallel()
	other := unreachable
	other.Errors = connection.Errors{connection.PhaseConnect: {Message: "something else", IsTransient: true}}
	same, different := after(unreachable, unreachable), after(unreachable, other)
	assert.Equal(t, began.Add(time.Second), same.Errors[connection.PhaseConnect].CreatedAt)
	assert.Equal(t, began.Add(2*time.Second), different.Errors[connection.PhaseConnect].CreatedAt)
	assert.True(t, same.Says(after(unreachable)), "that it is still so is no news")
	assert.False(t, different.Says(after(unreachable)))
	assert.Empty(t, after(unreachable, gotIn).Errors, "what is over is not told")
}

// TestTheMachineKeepsItsPromises plays random lives, with results of all generations that come when they like.
func TestTheMachineKeepsItsPromises(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 8))
		generation, now := int64(1), began
		status, everIn := connection.New(kafka(""), 1, now), false
		for step := range 40 {
			was := *status.KafkaCluster
			now = now.Add(time.Second)
			says := fmt.Sprintf("seed %d, step %d, from %s", seed, step, was.State)
			if random.IntN(8) == 0 {
				generation += int64(random.IntN(2))
				everIn = everIn && was.ObservedGeneration == generation
				status = status.Begin(kafka(""), generation, now)
			} else {
				result := []connection.Result{gotIn, refused, unreachable, forbidden}[random.IntN(4)]
				result.Generation = generation - int64(random.IntN(2))
				before := status
				status = status.After(result, now)
				if result.Generation != was.ObservedGeneration {
					require.Equal(t, before, status, "%s: stale", says)
				} else if result.OK {
					everIn = true
				}
				require.Equal(t, was, *before.KafkaCluster, "%s: the status before is not written to", says)
			}
			is := *status.KafkaCluster
			requireSound(t, was, is, now, everIn, says)
		}
	}
}

func requireSound(t *testing.T, was, is connection.PartStatus, now time.Time, everIn bool, says string) {
	t.Helper()
	if is.State == was.State {
		require.Equal(t, was.LastTransitionTime, is.LastTransitionTime, "%s: no change, no transition", says)
	} else {
		require.Equal(t, now, is.LastTransitionTime, says)
		require.NotEqual(t, connection.None, is.State, "%s: nothing leads back to NONE", says)
	}
	require.Equal(t, everIn, !is.LastSuccessTime.IsZero(), says)
	switch is.State {
	case connection.Expired:
		require.True(t, everIn, "%s: only what got in expires", says)
		require.Contains(t, is.Errors, connection.PhaseAuthenticate, says)
	case connection.Failed:
		require.NotEmpty(t, is.Errors, says)
	default:
		require.Empty(t, is.Errors, says)
	}
	if was.State == connection.Expired && is.ObservedGeneration == was.ObservedGeneration {
		require.Contains(t, []connection.State{connection.Expired, connection.Success}, is.State, "%s: only getting in ends it", says)
	}
}
