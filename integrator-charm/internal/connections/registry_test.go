package connections_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connection"
)

func ids(d *desk) (all []string) {
	for _, one := range d.List() {
		all = append(all, one.Spec.ID+" "+string(one.Metadata.Origin))
	}
	return all
}

func TestWhatSomebodyMadeOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := open(t, dir)
	d := begin(t, kept)
	first := d.create("a")
	d.create("b")
	spec := kafka("a")
	spec.Name = "renamed"
	second, err := d.Update(t.Context(), spec, first.Metadata.ETag(), "ben")
	require.NoError(t, err)
	assert.Greater(t, second.Metadata.Generation, first.Metadata.Generation)
	require.NoError(t, d.Delete(t.Context(), "b", "", "ben"))
	require.NoError(t, kept.Close())

	again := open(t, dir)
	t.Cleanup(func() { require.NoError(t, again.Close()) })
	d = begin(t, again)
	assert.Equal(t, []string{"a API"}, ids(d))
	after, err := d.Get("a")
	require.NoError(t, err)
	assert.Equal(t, spec, after.Spec)
	assert.Equal(t, second.Metadata, after.Metadata)
	assert.Equal(t, connection.None, after.Status.KafkaCluster.State, "nothing is claimed that was not seen by this process")
	third := d.create("b")
	assert.Greater(t, third.Metadata.Generation, second.Metadata.Generation, "no generation is given twice, also not of what was deleted")
}

func TestAnUpdateForAnotherSpecIsRefused(t *testing.T) {
	t.Parallel()
	d := begin(t, newMemory())
	first := d.create("a").Metadata.ETag()
	spec := kafka("a")
	spec.Name = "one"
	second, err := d.Update(t.Context(), spec, first, "ada")
	require.NoError(t, err)
	spec.Name = "other"
	for _, tag := range []string{first, "x", "1", `W/` + second.Metadata.ETag()} {
		_, err = d.Update(t.Context(), spec, tag, "ben")
		require.ErrorIs(t, err, connections.ErrVersion, tag)
		require.ErrorIs(t, d.Delete(t.Context(), "a", tag, "ben"), connections.ErrVersion, tag)
	}
	is, err := d.Get("a")
	require.NoError(t, err)
	assert.Equal(t, "one", is.Spec.Name)
	spec.Name = "one"
	same, err := d.Update(t.Context(), spec, second.Metadata.ETag(), "ben")
	require.NoError(t, err)
	assert.Equal(t, second.Metadata, same.Metadata, "what is so already is not changed")
	for _, tag := range []string{"", "*", second.Metadata.ETag()} {
		_, err = d.Update(t.Context(), spec, tag, "ben")
		require.NoError(t, err)
	}
	require.NoError(t, d.Delete(t.Context(), "a", "*", "ben"))
	_, err = d.Update(t.Context(), spec, "", "ben")
	require.ErrorIs(t, err, connections.ErrNotFound)
	require.ErrorIs(t, d.Delete(t.Context(), "a", "", "ben"), connections.ErrNotFound)
}

func TestWhatMayNotBeMadeIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	d := begin(t, newMemory())
	d.create("a")
	_, err := d.Create(t.Context(), kafka("a"), "ada")
	require.ErrorIs(t, err, connections.ErrTaken)

	_, err = d.Create(t.Context(), connection.Spec{ID: "x", Type: connection.Local}, "ada")
	require.ErrorAs(t, err, &connection.Problems{})

	spec := kafka("env")
	spec.KafkaCluster.Credentials = &connection.Credentials{Type: connection.Basic, Username: "u", Password: &connection.Reference{Env: "PATH"}}
	_, err = d.Create(t.Context(), spec, "ada")
	require.EqualError(t, err, `kafka_cluster.credentials.password must be {"secret": NAME, "key": KEY}: variables are for connections that the settings declare`)
	require.ErrorAs(t, err, &connection.Problems{})
	assert.Equal(t, []string{"a API"}, ids(d))
}

func TestThereIsALimit(t *testing.T) {
	t.Parallel()
	d := begin(t, newMemory())
	for i := range connections.MostMade {
		d.create(fmt.Sprint(i))
	}
	_, err := d.Create(t.Context(), kafka("more"), "ada")
	require.ErrorIs(t, err, connections.ErrTooMany)
}

// brokenStore does not write.
type brokenStore struct{ *memory }

func (brokenStore) SaveConnection(context.Context, store.Connection) (int64, error) {
	return 0, fmt.Errorf("the disk is full")
}

func (brokenStore) DeleteConnection(context.Context, string) error {
	return fmt.Errorf("the disk is full")
}

func TestWhatIsNotOnDiskIsNot(t *testing.T) {
	t.Parallel()
	kept := newMemory()
	begin(t, kept).create("a")
	d := begin(t, brokenStore{kept})
	_, err := d.Create(t.Context(), kafka("b"), "ada")
	require.ErrorContains(t, err, "the disk is full")
	spec := kafka("a")
	spec.Name = "renamed"
	_, err = d.Update(t.Context(), spec, "", "ada")
	require.ErrorContains(t, err, "the disk is full")
	require.ErrorContains(t, d.Delete(t.Context(), "a", "", "ada"), "the disk is full")
	assert.Equal(t, []string{"a API"}, ids(d))
}

func fixed(id, context string, origin connection.Origin) connections.Fixed {
	return connections.Fixed{Spec: kafka(id), Origin: origin, Context: context}
}

func TestWhatIsDeclaredIsNotTheAPIs(t *testing.T) {
	t.Parallel()
	d := begin(t, newMemory())
	d.create("a")
	d.create("b")
	config := connections.Config{Interval: time.Minute, Specs: []connection.Spec{kafka("a"), kafka("d")}}
	d.Configure(config, []connections.Fixed{fixed("context-main", "main", connection.OfContext)})
	assert.Equal(t, []string{"a SETTINGS", "b API", "context-main CONTEXT", "d SETTINGS"}, ids(d))
	for _, id := range []string{"a", "d", "context-main"} {
		_, err := d.Update(t.Context(), kafka(id), "", "ada")
		require.ErrorIs(t, err, connections.ErrFixed)
		require.ErrorIs(t, d.Delete(t.Context(), id, "", "ada"), connections.ErrFixed)
		_, err = d.Create(t.Context(), kafka(id), "ada")
		require.ErrorIs(t, err, connections.ErrTaken)
	}
	d.Configure(connections.Config{Interval: time.Minute}, nil)
	assert.Equal(t, []string{"a API", "b API"}, ids(d), "what somebody made is there again")
}

func TestAReloadLeavesAloneWhatIsAsItWas(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		changed := kafka("a")
		d.Configure(connections.Config{Interval: time.Minute, Specs: []connection.Spec{changed, kafka("b")}}, nil)
		time.Sleep(time.Second)
		changed.Name = "renamed"
		d.Configure(connections.Config{Interval: time.Minute, Specs: []connection.Spec{changed, kafka("b")}}, nil)
		a, err := d.Get("a")
		require.NoError(t, err)
		b, err := d.Get("b")
		require.NoError(t, err)
		assert.Equal(t, int64(2), a.Metadata.Generation)
		assert.Equal(t, connection.Attempting, a.Status.KafkaCluster.State)
		assert.Equal(t, int64(1), b.Metadata.Generation)
		assert.Equal(t, connection.Success, b.Status.KafkaCluster.State)
		assert.Equal(t, 1, d.times("b:9092"))
	})
}

func TestTheOlderFormIsToldWhereItIsWanted(t *testing.T) {
	t.Parallel()
	d := begin(t, newMemory())
	d.create("a")
	watched := d.Subscribe()
	defer watched.Close()
	watched.Take()
	for _, is := range []bool{true, false} {
		d.Configure(connections.Config{Interval: time.Minute, Legacy: is}, nil)
		one, err := d.Get("a")
		require.NoError(t, err)
		assert.Equal(t, is, one.Status.Authentication != nil)
		changes := watched.Take()
		require.Len(t, changes, 1)
		assert.Equal(t, is, changes[0].Resource.Status.Authentication != nil)
	}
}

func TestTroublesAreOfWhatAConnectorNeeds(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.Configure(connections.Config{Interval: time.Minute}, []connections.Fixed{
			fixed("context-main", "main", connection.OfContext), fixed("context-other", "other", connection.OfContext),
		})
		for _, id := range []string{"context-main", "context-other", "down"} {
			d.set(id+":9092", unreachable)
		}
		d.create("down")
		d.create("up")
		time.Sleep(time.Minute)
		const why = "kafka_cluster is FAILED: connect: connection refused"
		assert.Equal(t, map[string][]string{"context-main": {why}}, d.Troubles("main", nil))
		assert.Equal(t, map[string][]string{"context-main": {why}, "down": {why}, "none": {"there is no such connection"}},
			d.Troubles("main", []string{"up", "down", "none"}))
		assert.Equal(t, map[string][]string{"context-main": {why}}, d.Troubles("elsewhere", []string{"context-main"}))
		assert.Empty(t, d.Troubles("", []string{"up"}))
		assert.Equal(t, []string{"context-main", "context-other", "down", "up"}, d.IDs())
	})
}

func TestMetricsSayHowEachIs(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.set("b:9092", refused)
		d.create("a")
		d.create("b")
		time.Sleep(10 * time.Second)
		require.NoError(t, testutil.GatherAndCompare(d.metrics, strings.NewReader(`
# HELP connect_manager_connection_age_seconds How long ago the last attempt to reach a system ended.
# TYPE connect_manager_connection_age_seconds gauge
connect_manager_connection_age_seconds{connection="a",part="kafka_cluster"} 9.95
connect_manager_connection_age_seconds{connection="b",part="kafka_cluster"} 10
# HELP connect_manager_connection_state 1 for the state that a connection to a system is in.
# TYPE connect_manager_connection_state gauge
connect_manager_connection_state{connection="a",part="kafka_cluster",state="SUCCESS"} 1
connect_manager_connection_state{connection="b",part="kafka_cluster",state="FAILED"} 1
`), "connect_manager_connection_age_seconds", "connect_manager_connection_state"))
		assert.Equal(t, 2, testutil.CollectAndCount(d.metrics, "connect_manager_connection_probe_seconds"), "one ok, one refused")
	})
}

// TestMemoryIsAsTheStore has both do the same.
func TestMemoryIsAsTheStore(t *testing.T) {
	t.Parallel()
	real := open(t, t.TempDir())
	t.Cleanup(func() { require.NoError(t, real.Close()) })
	for _, kept := range []connections.Keeper{real, newMemory()} {
		at := time.UnixMicro(1_700_000_000_000_000).UTC()
		one := store.Connection{ID: "a", By: "ada", Changed: at, Spec: []byte(`{"id":"a"}`)}
		first, err := kept.SaveConnection(t.Context(), one)
		require.NoError(t, err)
		second, err := kept.SaveConnection(t.Context(), one)
		require.NoError(t, err)
		assert.Greater(t, second, first)
		all, err := kept.Connections(t.Context())
		require.NoError(t, err)
		one.Generation = second
		assert.Equal(t, []store.Connection{one}, all)
		require.NoError(t, kept.DeleteConnection(t.Context(), "a"))
		require.ErrorIs(t, kept.DeleteConnection(t.Context(), "a"), store.ErrNotFound)
		once := store.Success{ID: "a", Part: "ccloud", Spec: "d1", At: at}
		require.NoError(t, kept.SaveSuccess(t.Context(), once))
		once.Spec = "d2"
		require.NoError(t, kept.SaveSuccess(t.Context(), once))
		successes, err := kept.Successes(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []store.Success{once}, successes)
		_, err = kept.SaveConnection(t.Context(), one)
		require.NoError(t, err)
		require.NoError(t, kept.DeleteConnection(t.Context(), "a"))
		successes, err = kept.Successes(t.Context())
		require.NoError(t, err)
		assert.Empty(t, successes)
		third, err := kept.SaveConnection(t.Context(), one)
		require.NoError(t, err)
		assert.Greater(t, third, second)
	}
}

func TestWhatIsRefusedAfterARestartHasExpiredIfItOnceGotIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := newMemory()
		atWork(t, begin(t, kept), func(t *testing.T, d *desk) {
			d.set("never:9092", refused)
			for _, id := range []string{"never", "once", "changed", "well", "again"} {
				d.create(id)
			}
			time.Sleep(30 * time.Minute)
			synctest.Wait()
		})
		assert.Equal(t, 4, kept.written, "not every success is written")
		atWork(t, begin(t, kept), func(t *testing.T, d *desk) {
			require.NoError(t, d.Delete(t.Context(), "again", "", "ada"))
			d.set("again:9092", refused)
			d.create("again")
			assert.Equal(t, connection.Failed, d.state("again"), "it is another one")
		})
		restarted := begin(t, kept)
		for _, id := range []string{"never", "once", "changed"} {
			restarted.set(id+":9092", refused)
		}
		atWork(t, restarted, func(t *testing.T, d *desk) {
			spec := kafka("changed")
			spec.Name = "renamed"
			_, err := d.Update(t.Context(), spec, "", "ada")
			require.NoError(t, err)
			assert.Equal(t, connection.Success, func() connection.State { time.Sleep(time.Second); return d.state("well") }())
			assert.Equal(t, connection.Failed, d.state("never"))
			assert.Equal(t, connection.Expired, d.state("once"))
			assert.Equal(t, connection.Failed, d.state("changed"), "it is another spec")
		})
	})
}
