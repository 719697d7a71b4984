package notify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/notify"
)

func TestOwnersAreToldThatSomethingFailedAndThatItRecovered(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick+"link: https://manager.example.org/")
	d.run()
	d.know(h.subject("orders"))
	d.observe(ill("orders"), well("other"))
	message := h.await(t, 1)[0]
	assert.Equal(t, "east: orders has failed", message.Title)
	assert.Contains(t, message.Text, "owner: streams")
	assert.Contains(t, message.Text, "java.lang.Boom")
	assert.Contains(t, message.Text, "https://manager.example.org/")
	event := message.Events[0]
	assert.Equal(t, notify.Failed, event.Kind)
	assert.Equal(t, "orders", event.Connector)
	assert.Equal(t, map[string]string{"tier": "gold"}, event.Labels)
	assert.False(t, event.Since.IsZero())

	d.settled()
	d.observe(well("orders"))
	assert.Equal(t, "east: orders has recovered", h.await(t, 2)[1].Title)
	d.observe(well("orders"))
	d.settled()
	assert.Len(t, h.got(), 2)
}

func TestWhatIsStillFailedIsToldOnceAndThenByInterval(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick+"repeat-interval: 4h")
	d.run()
	d.know(h.subject("orders"))
	for range 5 {
		d.observe(ill("orders"))
		d.settled()
	}
	h.await(t, 1)
	assert.Equal(t, 4, d.Dropped()[notify.AlreadyTold])
	d.clock.forward(4 * time.Hour)
	d.observe(ill("orders"))
	message := h.await(t, 2)[1]
	assert.Equal(t, "east: orders is still failed", message.Title)
	assert.Greater(t, message.Events[0].At.Sub(message.Events[0].Since), 3*time.Hour)

	d.observe(notify.Seen{Connector: "orders", Health: notify.Ill, GivenUp: true})
	assert.Equal(t, notify.GivenUp, h.await(t, 3)[2].Events[0].Kind, "that is news")
	d.settled()
	d.observe(notify.Seen{Connector: "orders", Health: notify.Unclear})
	d.settled()
	assert.Len(t, h.got(), 3)
}

func TestWhatPassesWhileItWaitsIsNotTold(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, "group-wait: 1h")
	d.know(h.subject("orders"), h.subject("bills"))
	d.observe(ill("orders"), ill("bills"))
	d.observe(well("orders"), ill("bills"))
	d.observe(well("orders"), notify.Seen{Connector: "bills", Health: notify.Ill, GivenUp: true})
	d.clock.forward(time.Hour)
	d.run()
	message := h.await(t, 1)[0]
	require.Len(t, message.Events, 1)
	assert.Equal(t, "bills", message.Events[0].Connector)
	assert.Equal(t, notify.GivenUp, message.Events[0].Kind, "only how it ended")
}

func TestEventsOfOneReceiverAreToldTogether(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	config := "group-wait: 1h\ngroup-interval: 2h"
	d := newDesk(t, config)
	d.run()
	var subjects []notify.Subject
	var seen []notify.Seen
	for i := range 60 {
		subjects = append(subjects, h.subject(fmt.Sprint("c", i)))
		seen = append(seen, ill(fmt.Sprint("c", i)))
	}
	d.know(append(subjects, h.subject("late"))...)
	d.observe(seen[:30]...)
	d.observe(seen...)
	d.forward(time.Hour, config)
	message := h.await(t, 1)[0]
	assert.Len(t, message.Events, 50)
	assert.Equal(t, 10, message.More)
	assert.Equal(t, "east: 50 failed, 10 more", message.Title)
	assert.Contains(t, message.Text, "and 10 more")

	d.settled()
	d.observe(append(seen, ill("late"))...)
	d.forward(time.Hour, config)
	events, err := d.store.Events(t.Context())
	require.NoError(t, err)
	assert.Len(t, events, 1, "messages keep their distance")
	d.forward(time.Hour, config)
	assert.Equal(t, "east: late has failed", h.await(t, 2)[1].Title)
}

func TestARemovalIsToldToWhoOwnedItAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick)
	d.know(h.subject("orders"), h.subject("bills"))
	d.know(h.subject("bills"))
	d.reopen(quick)
	d.know(h.subject("bills"))
	for range 2 { // a sync that was broken off tells again
		require.NoError(t, d.Tell(t.Context(), "east", []notify.News{{ID: "run-7 orders", Connector: "orders", Kind: notify.Removed, Text: "by alice"}}))
	}
	d.run()
	message := h.await(t, 1)[0]
	require.Len(t, message.Events, 1)
	assert.Equal(t, "streams", message.Events[0].Team)
	assert.Contains(t, message.Text, "orders was removed: by alice")
}

func TestTheManagersOwnTroubleIsToldByDefault(t *testing.T) {
	t.Parallel()
	owner, operations := newHook(t), newHook(t)
	file := filepath.Join(t.TempDir(), "default")
	require.NoError(t, os.WriteFile(file, []byte(operations.URL), 0o600))
	config := quick + "default: {webhook-file: " + file + "}"
	d := newDesk(t, config)
	stop := d.run()
	d.know(owner.subject("state file"))
	trouble := func(matters map[string]string) {
		require.NoError(t, d.Trouble(t.Context(), "east", matters))
		d.observe(well("state file"))
		d.settled()
	}
	trouble(map[string]string{"state file": "line 9: cannot find field pausedd"})
	trouble(map[string]string{"state file": "line 9: cannot find field pausedd", "cluster": "it does not answer"})
	trouble(map[string]string{"cluster": "it does not answer"})
	stop()
	d.reopen(config)
	d.run()
	trouble(nil)
	trouble(nil)
	var titles []string
	for _, message := range operations.messages(t) {
		titles = append(titles, message.Title)
	}
	assert.Equal(t, []string{"east: state file needs attention", "east: cluster needs attention", "east: state file is right again", "east: cluster is right again"}, titles)
	assert.Contains(t, operations.messages(t)[0].Text, "state file needs attention: line 9: cannot find field pausedd")
	assert.Empty(t, owner.got())
}

func TestASilenceHoldsBackUntilItIsOver(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick)
	d.run()
	d.know(h.subject("orders"), h.subject("bills"))
	silence, err := d.Silence(t.Context(), notify.Silence{
		By: "alice", Until: d.clock.Now().Add(time.Hour), Matcher: notify.Matcher{Connector: "ord*", Team: "streams", Labels: map[string]string{"tier": "*"}},
	})
	require.NoError(t, err)
	d.observe(ill("orders"), ill("bills"))
	assert.Equal(t, "east: bills has failed", h.await(t, 1)[0].Title)
	d.settled()
	all, err := d.Silences(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, silence.ID, all[0].ID)

	require.NoError(t, d.EndSilence(t.Context(), silence.ID))
	require.ErrorIs(t, d.EndSilence(t.Context(), silence.ID), notify.ErrNotFound)
	d.observe(ill("orders"), ill("bills"))
	assert.Equal(t, "east: orders has failed", h.await(t, 2)[1].Title)
	d.settled()

	_, err = d.Silence(t.Context(), notify.Silence{By: "alice", Until: d.clock.Now().Add(time.Hour), Matcher: notify.Matcher{Connector: "*"}})
	require.NoError(t, err)
	d.observe(well("orders"), ill("bills"))
	d.clock.forward(2 * time.Hour)
	d.observe(well("orders"), ill("bills"))
	assert.Equal(t, "east: orders has recovered", h.await(t, 3)[2].Title, "whoever heard that it failed hears that it recovered")
}

func TestASilenceNeedsAnEndAndASubject(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick)
	later := d.clock.Now().Add(time.Hour)
	for name, silence := range map[string]notify.Silence{
		"no end":         {Matcher: notify.Matcher{Connector: "*"}},
		"over":           {Matcher: notify.Matcher{Connector: "*"}, Until: later.Add(-2 * time.Hour)},
		"nothing":        {Until: later},
		"broken pattern": {Matcher: notify.Matcher{Connector: "[a"}, Until: later},
		"ends first":     {Matcher: notify.Matcher{Connector: "a"}, From: later.Add(time.Hour), Until: later},
	} {
		_, err := d.Silence(t.Context(), silence)
		require.ErrorIs(t, err, notify.ErrInvalid, name)
	}
}

func TestATeamWithoutAddressesIsToldWhereTheSettingsSay(t *testing.T) {
	t.Parallel()
	team, fallback := newHook(t), newHook(t)
	dir := t.TempDir()
	for name, h := range map[string]*hook{"team": team, "default": fallback} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(h.URL+"/\n"), 0o600))
	}
	d := newDesk(t, quick+fmt.Sprintf("default: {webhook-file: %[1]s/default}\nteams: {data: {webhook-file: %[1]s/team, events: [removed]}}", dir))
	d.run()
	d.know(notify.Subject{Connector: "a", Team: "data"})
	d.observe(ill("a"), ill("nobodys"))
	assert.Equal(t, "east: nobodys has failed", fallback.await(t, 1)[0].Title)
	require.NoError(t, d.Tell(t.Context(), "east", []notify.News{{ID: "1", Connector: "a", Kind: notify.Removed}}))
	assert.Equal(t, "east: a was removed", team.await(t, 1)[0].Title)
	assert.Equal(t, 1, d.Dropped()[notify.NotWanted])
}
