package connections_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/requirer-lib/connection"
)

// TestTheLiveHalfOf500IsFreshWithinItsInterval: half of them accept and never answer. In the bubble's time, so that the figure is the
// rules' alone: no attempt costs more than it waits.
func TestTheLiveHalfOf500IsFreshWithinItsInterval(t *testing.T) {
	t.Parallel()
	const all, intervals = 500, 5
	for _, interval := range []time.Duration{10 * time.Second, time.Minute} {
		t.Run(interval.String(), func(t *testing.T) {
			t.Parallel()
			inTime(t, func(t *testing.T, d *desk) {
				d.Configure(connections.Config{Interval: interval}, nil)
				began := time.Now()
				for i := range all {
					id := fmt.Sprintf("c-%03d", i)
					if i%2 == 1 {
						d.set(id+":9092", silent)
					}
					d.create(id)
				}
				time.Sleep(intervals * interval)
				synctest.Wait()
				oldest, slowest, rounds := time.Duration(0), time.Duration(0), all
				for i := range all {
					id := fmt.Sprintf("c-%03d", i)
					if i%2 == 1 {
						assert.Equal(t, connection.Failed, d.state(id))
						slowest = max(slowest, d.oldest(id+":9092", began))
						continue
					}
					assert.Equal(t, connection.Success, d.state(id))
					oldest = max(oldest, d.oldest(id+":9092", began))
					rounds = min(rounds, d.times(id+":9092"))
				}
				t.Logf("interval %s: what is known of one of %d that answer was at most %s old, of one of %d that do not %s; "+
					"each of the first was asked %d times or more in %d intervals; at most %d attempts were under way",
					interval, all/2, oldest, all/2, slowest, rounds, intervals, d.most)
				assert.LessOrEqual(t, oldest, interval)
				assert.GreaterOrEqual(t, rounds, intervals)
				assert.LessOrEqual(t, d.most, 300, "places are bounded")
			})
		})
	}
}

// oldest is the longest that went by without an attempt, from the beginning on.
func (d *desk) oldest(name string, began time.Time) (longest time.Duration) {
	before := began
	for _, at := range append(d.moments(name), time.Now()) {
		longest = max(longest, at.Sub(before))
		before = at
	}
	return longest
}

func TestAConnectionIsAskedByItselfAndTellsEachChange(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.set("a:9092", unreachable)
		resource := d.create("a")
		assert.Equal(t, connection.None, resource.Status.KafkaCluster.State)
		synctest.Wait()
		assert.Equal(t, connection.Failed, d.state("a"))
		d.set("a:9092", nil)
		time.Sleep(time.Minute)
		assert.Equal(t, connection.Success, d.state("a"))
		since := d.status("a").LastTransitionTime
		time.Sleep(10 * time.Minute)
		assert.Equal(t, since, d.status("a").LastTransitionTime, "it is so since then")
		assert.Less(t, time.Since(d.status("a").LastAttemptTime), time.Minute)
		d.set("a:9092", refused)
		time.Sleep(time.Minute)
		assert.Equal(t, connection.Expired, d.state("a"))
	})
}

func TestWhatHasJustFailedIsLookedAtSoonerAndBacksOffToTheInterval(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.set("a:9092", unreachable)
		d.set("r:9092", refused)
		d.create("a")
		d.create("r")
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		assert.Equal(t, []time.Duration{
			5625 * time.Millisecond, 11250 * time.Millisecond, 22500 * time.Millisecond, 45 * time.Second, 45 * time.Second, 45 * time.Second, 45 * time.Second, 45 * time.Second,
		}, gaps(d.moments("a:9092")))
		for _, gap := range gaps(d.moments("r:9092")) {
			assert.Equal(t, 45*time.Second, gap, "who is refused often is locked")
		}
	})
}

func gaps(at []time.Time) (all []time.Duration) {
	for i := 1; i < len(at); i++ {
		all = append(all, at[i].Sub(at[i-1]))
	}
	return all
}

func TestWhatIsSlowIsGivenItsWholeTime(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.set("slow:9092", func(ctx context.Context) connection.Result {
			select {
			case <-time.After(8 * time.Second):
				return connection.Result{OK: true}
			case <-ctx.Done():
				return silent(ctx)
			}
		})
		d.create("slow")
		time.Sleep(8 * time.Second)
		assert.Equal(t, connection.Attempting, d.state("slow"), "no verdict in the short time")
		time.Sleep(2 * time.Second)
		assert.Equal(t, connection.Success, d.state("slow"))
		asked := d.times("slow:9092")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		assert.Equal(t, connection.Success, d.state("slow"))
		assert.InDelta(t, 10*60/53, d.times("slow:9092")-asked, 1, "and not in the short time again")
	})
}

func TestATokensEndIsLookedAtWhenItComes(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		ends := time.Now().Add(20 * time.Second)
		d.set("a:9092", func(ctx context.Context) connection.Result {
			if time.Now().Before(ends) {
				return connection.Result{OK: true, RequiresAuthenticationAt: ends}
			}
			return refused(ctx)
		})
		d.create("a")
		time.Sleep(20*time.Second - 1)
		assert.Equal(t, connection.Success, d.state("a"))
		assert.True(t, ends.Equal(d.status("a").RequiresAuthenticationAt))
		time.Sleep(time.Nanosecond)
		assert.Equal(t, connection.Expired, d.state("a"))
	})
}

func TestAResultOfTheSpecBeforeIsDropped(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		answer := make(chan connection.Result)
		d.set("a:9092", func(context.Context) connection.Result { return <-answer }) // it heeds no context either
		d.set("b:9092", unreachable)
		resource := d.create("a")
		assert.Equal(t, connection.Attempting, d.state("a"))
		spec := kafka("b")
		spec.ID = "a"
		updated, err := d.Update(t.Context(), spec, resource.Metadata.ETag(), "ada")
		require.NoError(t, err)
		assert.Greater(t, updated.Metadata.Generation, resource.Metadata.Generation)
		assert.Equal(t, connection.Attempting, updated.Status.KafkaCluster.State)
		answer <- connection.Result{OK: true}
		synctest.Wait()
		assert.Equal(t, connection.Failed, d.state("a"))
		assert.Equal(t, updated.Metadata.Generation, d.status("a").ObservedGeneration)
	})
}

func TestAResultOfWhatIsGoneTellsNobody(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		answer := make(chan connection.Result)
		d.set("a:9092", func(context.Context) connection.Result { return <-answer })
		d.create("a")
		watched := d.Subscribe()
		defer watched.Close()
		time.Sleep(time.Minute) // its time is over long since
		require.NoError(t, d.Delete(t.Context(), "a", "", "ada"))
		assert.Equal(t, map[string]connection.State{"a": ""}, states(watched.Take()))
		answer <- connection.Result{OK: true}
		synctest.Wait()
		assert.Empty(t, watched.Take())
	})
}

func TestProbeWaitsForAnAnswerOfNow(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.create("a")
		time.Sleep(10 * time.Second)
		d.set("a:9092", unreachable)
		resource, err := d.Probe(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, connection.Failed, resource.Status.KafkaCluster.State)
		d.set("a:9092", silent)
		began := time.Now()
		resource, err = d.Probe(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, 10*time.Second, time.Since(began), "it is waited for to the end, and not longer")
		assert.Equal(t, "connect: no answer", resource.Status.KafkaCluster.Errors.String())
		_, err = d.Probe(t.Context(), "none")
		require.ErrorIs(t, err, connections.ErrNotFound)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = d.Probe(ctx, "a")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestProbeOfWhatGoesMeanwhileEnds(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.set("a:9092", silent)
		d.create("a")
		time.AfterFunc(time.Second, func() { assert.NoError(t, d.Delete(context.Background(), "a", "", "ada")) })
		_, err := d.Probe(t.Context(), "a")
		require.ErrorIs(t, err, connections.ErrNotFound)
	})
}

func TestPeopleAreNotKeptWaitingByWhatIsSilent(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		for i := range 300 {
			d.set(fmt.Sprintf("s-%d:9092", i), silent)
			d.create(fmt.Sprintf("s-%d", i))
		}
		d.create("a")
		time.Sleep(5 * time.Minute)
		began := time.Now()
		_, err := d.Probe(t.Context(), "a")
		require.NoError(t, err)
		assert.Less(t, time.Since(began), time.Second)
	})
}

func TestASlowWatcherHoldsUpNobodyAndMissesNothingButWhatHasPassed(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.create("a")
		d.create("b")
		time.Sleep(time.Second)
		slow := d.Subscribe()
		defer slow.Close()
		<-slow.News()
		assert.Equal(t, map[string]connection.State{"a": connection.Success, "b": connection.Success}, states(slow.Take()), "all, to begin with")
		for range 1000 { // of none of these it takes notice
			d.set("a:9092", unreachable)
			_, err := d.Probe(t.Context(), "a")
			require.NoError(t, err)
			d.set("a:9092", nil)
			_, err = d.Probe(t.Context(), "a")
			require.NoError(t, err)
		}
		require.NoError(t, d.Delete(t.Context(), "b", "", "ada"))
		<-slow.News()
		assert.Equal(t, map[string]connection.State{"a": connection.Success, "b": ""}, states(slow.Take()))
		assert.Empty(t, slow.Take())
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Empty(t, slow.Take(), "that it is still so is no news")
	})
}

func states(changes []connections.Change) map[string]connection.State {
	all := map[string]connection.State{}
	for _, change := range changes {
		all[change.ID] = ""
		if change.Resource != nil {
			all[change.ID] = change.Resource.Status.KafkaCluster.State
		}
	}
	return all
}
