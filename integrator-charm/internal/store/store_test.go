package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/store"
)

var morning = time.Date(2026, 11, 23, 8, 0, 0, 123456000, time.UTC)

func open(t *testing.T, options store.Options) *store.Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "manager.db"), options)
}

func openAt(t *testing.T, path string, options store.Options) *store.Store {
	t.Helper()
	opened, err := store.Open(t.Context(), path, options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, opened.Close()) })
	return opened
}

func TestRunsComeBackAsTheyWereNewestFirst(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	run := store.Run{
		Cluster: "east", Kind: "sync", By: "alice", Revision: "abc", Began: morning, Ended: morning.Add(time.Second), Error: "line\nbreak", Plan: "p",
		Summary: json.RawMessage(`{"added":["a"]}`), Changes: json.RawMessage(`[{"name":"a"}]`),
	}
	var err error
	run.ID, err = s.AddRun(t.Context(), run)
	require.NoError(t, err)
	_, err = s.AddRun(t.Context(), store.Run{Cluster: "west", Kind: "plan"})
	require.NoError(t, err)

	one, err := s.Run(t.Context(), run.ID)
	require.NoError(t, err)
	assert.Equal(t, run, one)
	of, err := s.Runs(t.Context(), store.Page{Cluster: "east"})
	require.NoError(t, err)
	assert.Equal(t, []store.Run{run}, of)
	all, err := s.Runs(t.Context(), store.Page{})
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, "west", all[0].Cluster)
	before, err := s.Runs(t.Context(), store.Page{Before: all[0].ID, Limit: 1})
	require.NoError(t, err)
	assert.Equal(t, []store.Run{run}, before)
	_, err = s.Run(t.Context(), 99)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestHistoryIsBoundedInRunsAndInBytes(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Runs: 3, RunBytes: 100})
	revisions := func() (found []string) {
		runs, err := s.Runs(t.Context(), store.Page{Cluster: "east"})
		require.NoError(t, err)
		for _, run := range runs {
			found = append(found, run.Revision)
		}
		return found
	}
	add := func(cluster, revision string, size int) {
		_, err := s.AddRun(t.Context(), store.Run{Cluster: cluster, Revision: revision, Summary: json.RawMessage(strings.Repeat("1", size))})
		require.NoError(t, err)
	}
	add("west", "other", 1)
	for i := range 5 {
		add("east", fmt.Sprint(i), 10)
	}
	assert.Equal(t, []string{"4", "3", "2"}, revisions())
	add("east", "large", 85)
	assert.Equal(t, []string{"large", "4"}, revisions())
	add("east", "larger", 1000)
	assert.Equal(t, []string{"larger"}, revisions(), "the newest is always kept")
	others, err := s.Runs(t.Context(), store.Page{Cluster: "west"})
	require.NoError(t, err)
	assert.Len(t, others, 1, "another cluster's history is its own")
}

func TestRestartsAreKeptByClusterAndConnector(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	a := store.Restart{Cluster: "east", Connector: "a", Attempts: 2, Since: morning, Last: morning, Next: morning.Add(time.Minute), Reason: "boom"}
	b := store.Restart{Cluster: "east", Connector: "b", Attempts: 5, Since: morning, GivenUp: true}
	require.NoError(t, s.SaveRestarts(t.Context(), "east", []store.Restart{a, b}, nil))
	require.NoError(t, s.SaveRestarts(t.Context(), "west", []store.Restart{{Connector: "a"}}, []string{"b"}))
	found, err := s.Restarts(t.Context(), "east")
	require.NoError(t, err)
	assert.Equal(t, []store.Restart{a, b}, found)

	a.Attempts = 3
	require.NoError(t, s.SaveRestarts(t.Context(), "east", []store.Restart{a}, []string{"b"}))
	found, err = s.Restarts(t.Context(), "east")
	require.NoError(t, err)
	assert.Equal(t, []store.Restart{a}, found)
}

func TestChangesToPlansAreOneTransaction(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Plans: 2})
	plan := func(digest string) store.Plan {
		return store.Plan{
			Digest: digest, State: "pending", Open: true, Created: morning, Changed: morning, Author: "bob", Revision: "r",
			Changes: json.RawMessage(`[]`), Needs: json.RawMessage(`[{}]`), Approvals: []store.Approval{},
		}
	}
	written, err := s.ChangePlans(t.Context(), "east", func(open []store.Plan) ([]store.Plan, error) {
		assert.Empty(t, open)
		return []store.Plan{plan("one")}, nil
	})
	require.NoError(t, err)
	first := written[0]
	assert.Equal(t, "east", first.Cluster)
	assert.NotEmpty(t, first.ID)

	refusal := errors.New("not today")
	_, err = s.ChangePlans(t.Context(), "east", func(open []store.Plan) ([]store.Plan, error) { return nil, refusal })
	require.Equal(t, refusal, err, "as it is: it is for a person")

	_, err = s.ChangePlans(t.Context(), "east", func(open []store.Plan) ([]store.Plan, error) {
		require.Equal(t, []store.Plan{first}, open)
		open[0].State, open[0].Reason, open[0].Open = "superseded", "by two", false
		open[0].Approvals = append(open[0].Approvals, store.Approval{Who: "eve", Verdict: "approved", Comment: "ok", At: morning})
		return []store.Plan{open[0], plan("two")}, nil
	})
	require.NoError(t, err)
	all, err := s.Plans(t.Context(), store.Page{Cluster: "east"})
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, "two", all[0].Digest)
	assert.Equal(t, "superseded", all[1].State)
	assert.Equal(t, []store.Approval{{Who: "eve", Verdict: "approved", Comment: "ok", At: morning}}, all[1].Approvals)
	found, err := s.Plan(t.Context(), first.ID)
	require.NoError(t, err)
	assert.Equal(t, all[1], found)
	_, err = s.Plan(t.Context(), "none")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestPlansThatAreOverAreForgottenAndOpenOnesAreNot(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Plans: 2})
	for i := range 6 {
		_, err := s.ChangePlans(t.Context(), "east", func([]store.Plan) ([]store.Plan, error) {
			return []store.Plan{{Digest: fmt.Sprint(i), Open: i == 0, Approvals: []store.Approval{{Who: "eve"}}}}, nil
		})
		require.NoError(t, err)
	}
	all, err := s.Plans(t.Context(), store.Page{})
	require.NoError(t, err)
	var digests []string
	for _, plan := range all {
		digests = append(digests, plan.Digest)
	}
	assert.Equal(t, []string{"5", "4", "0"}, digests)
}

func TestSilencesEndAndAreListed(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	silence := store.Silence{
		ID: "s1", By: "alice", Comment: "upgrade", Created: morning, Begins: morning, Ends: morning.Add(time.Hour), Matcher: json.RawMessage(`{"owner":"x"}`),
	}
	require.NoError(t, s.AddSilence(t.Context(), silence))
	found, err := s.Silences(t.Context(), morning)
	require.NoError(t, err)
	assert.Equal(t, []store.Silence{silence}, found)

	require.NoError(t, s.EndSilence(t.Context(), "s1", morning.Add(time.Minute)))
	found, err = s.Silences(t.Context(), morning.Add(time.Minute))
	require.NoError(t, err)
	assert.Empty(t, found)
	require.ErrorIs(t, s.EndSilence(t.Context(), "s1", morning.Add(2*time.Minute)), store.ErrNotFound)

	later := silence
	later.ID, later.Created = "s2", morning.AddDate(0, 2, 0)
	require.NoError(t, s.AddSilence(t.Context(), later))
	found, err = s.Silences(t.Context(), time.Time{})
	require.NoError(t, err)
	assert.Len(t, found, 1, "one that is long over is forgotten")
}

func TestSubjectsOutliveTheirConnectorForAWeek(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	gone := store.Subject{Cluster: "east", Connector: "a", Document: json.RawMessage(`{}`), Sealed: []byte{0, 1}, Gone: morning}
	require.NoError(t, s.SaveSubjects(t.Context(), "east", []store.Subject{gone}, morning.Add(24*time.Hour)))
	found, err := s.Subjects(t.Context(), "east")
	require.NoError(t, err)
	assert.Equal(t, []store.Subject{gone}, found)
	require.NoError(t, s.SaveSubjects(t.Context(), "east", nil, morning.Add(8*24*time.Hour)))
	found, err = s.Subjects(t.Context(), "east")
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestAnEventLeavesForTheOutboxOnce(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	event := store.Event{ID: "e", Receiver: "mail", At: morning, Document: json.RawMessage(`{"kind":"failed"}`), Sealed: []byte("x")}
	note := store.Notice{Cluster: "east", Connector: "a", Receiver: "mail", Kind: "failed", Since: morning, Told: morning, Document: json.RawMessage(`{}`), Sealed: []byte("x")}
	for range 2 { // the second time it is there
		require.NoError(t, s.SaveEvents(t.Context(), []store.Event{event}, []store.Notice{note}, nil))
	}
	events, err := s.Events(t.Context())
	require.NoError(t, err)
	require.Len(t, events, 1)
	notices, err := s.Notices(t.Context(), "east")
	require.NoError(t, err)
	assert.Equal(t, []store.Notice{note}, notices)

	delivery := store.Delivery{ID: "d", Receiver: "mail", Created: morning, Document: json.RawMessage(`{}`), Sealed: []byte("x")}
	require.NoError(t, s.Enqueue(t.Context(), delivery, events))
	events, err = s.Events(t.Context())
	require.NoError(t, err)
	assert.Empty(t, events)
	require.NoError(t, s.SaveEvents(t.Context(), nil, nil, []store.Notice{note}))
	notices, err = s.Notices(t.Context(), "east")
	require.NoError(t, err)
	assert.Empty(t, notices)
}

func TestTheOutboxGivesEachReceiverItsOldest(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Deliveries: 1})
	for i, receiver := range []string{"mail", "mail", "hook"} {
		require.NoError(t, s.Enqueue(t.Context(), store.Delivery{
			ID: fmt.Sprint(i), Receiver: receiver, Created: morning.Add(-time.Duration(i) * time.Minute), Document: json.RawMessage(`{}`), Sealed: []byte{},
		}, nil))
	}
	out, err := s.Outbox(t.Context())
	require.NoError(t, err)
	require.Len(t, out, 2)
	assert.Equal(t, []string{"2", "0"}, []string{out[0].ID, out[1].ID}, "the one that is due first is first")

	first := out[1]
	first.State, first.Attempts, first.Ended, first.Error = store.GivenUp, 3, morning, "550"
	require.NoError(t, s.Attempted(t.Context(), first))
	receivers, err := s.Receivers(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []store.Receiver{{Name: "hook", Waiting: 1}, {Name: "mail", Waiting: 1, GivenUp: 1, Error: "550"}}, receivers)

	out, err = s.Outbox(t.Context())
	require.NoError(t, err)
	second := out[1]
	assert.Equal(t, "1", second.ID)
	second.State, second.Ended = store.Delivered, morning.Add(time.Hour)
	require.NoError(t, s.Attempted(t.Context(), second))
	receivers, err = s.Receivers(t.Context())
	require.NoError(t, err)
	assert.Equal(t, store.Receiver{Name: "mail", Delivered: morning.Add(time.Hour)}, receivers[1])

	all, err := s.Deliveries(t.Context(), store.Page{})
	require.NoError(t, err)
	assert.Len(t, all, 2, "what is over is kept in bounds")
	require.ErrorIs(t, s.Attempted(t.Context(), first), store.ErrNotFound)
}

// Callers' contexts end at any moment, also in the middle of a transaction: what was acknowledged is there, nothing is half there, and
// the store goes on.
func TestCallersThatLeaveDoNoHarm(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	var all sync.WaitGroup
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	for caller := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(caller), 0))
			for i := range 60 {
				name := fmt.Sprint(caller, "-", i)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(15_000))*time.Microsecond)
				err := s.Enqueue(ctx, store.Delivery{ID: name, Receiver: name, Document: json.RawMessage(`{}`)}, nil)
				_, _ = s.Outbox(ctx)
				cancel()
				if err == nil {
					mu.Lock()
					acknowledged[name] = true
					mu.Unlock()
				} else {
					assert.ErrorIs(t, err, context.DeadlineExceeded)
				}
			}
		})
	}
	all.Wait()
	deliveries, err := s.Deliveries(t.Context(), store.Page{Limit: 1000})
	require.NoError(t, err)
	found := map[string]bool{}
	for _, delivery := range deliveries {
		found[delivery.ID] = true
	}
	for name := range acknowledged {
		assert.True(t, found[name], name)
	}
	t.Logf("%d of %d calls were acknowledged", len(acknowledged), 8*60)
	require.NoError(t, s.Check())
}

func TestOverlaysNeverGoBackAndAreWrittenWithWhatTellsOfThem(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "manager.db")
	s := openAt(t, path, store.Options{})
	one := store.Overlay{Cluster: "east", Connector: "a", Version: 2, Sealed: []byte{0, 1, 2}}
	run := store.Run{Cluster: "east", Kind: "control", By: "ada"}
	require.NoError(t, s.SaveOverlays(t.Context(), "east", []store.Overlay{one, {Connector: "b", Version: 1, Sealed: []byte{3}}}, run))
	require.NoError(t, s.SaveOverlays(t.Context(), "west", []store.Overlay{one}))
	older := one
	older.Version = 1
	err := s.SaveOverlays(t.Context(), "east", []store.Overlay{{Connector: "c", Version: 1}, older}, run)
	require.ErrorContains(t, err, `connector "a": its version would go back`)
	all, err := s.Overlays(t.Context(), "east")
	require.NoError(t, err)
	assert.Equal(t, []store.Overlay{one, {Cluster: "east", Connector: "b", Version: 1, Sealed: []byte{3}}}, all, "all of it, or nothing")
	runs, err := s.Runs(t.Context(), store.Page{Cluster: "east"})
	require.NoError(t, err)
	assert.Len(t, runs, 1)

	delivered := func() int64 {
		sequence, err := s.Delivered(t.Context(), "east")
		require.NoError(t, err)
		return sequence
	}
	assert.Zero(t, delivered())
	for _, sequence := range []int64{7, 3} {
		require.NoError(t, s.SaveDelivered(t.Context(), "east", sequence))
	}
	assert.Equal(t, int64(7), delivered())
}
