package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/manager/walkthrough"
)

func TestTheWalkThroughThroughTheCharm(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.integrator("one")
	require.NoError(t, s.SetConfig("one", map[string]any{"state": "connectors: []"}))
	s.settle()
	s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	walkthrough.Tell(t, &byCharm{stage: s, app: "one"})
}

// byCharm has the state file in the charm's configuration, and asks by actions. What a hook has had synced already is in the
// history.
type byCharm struct {
	*stage
	app   string
	known int // the newest run in the history before the state file was changed
}

func (c *byCharm) unit() string { return c.Leader(c.app) }

// run is an entry of the history.
type run struct {
	ID      int
	Summary connectors.Summary
}

// since are the runs after one, the newest first.
func (c *byCharm) since(known int) (runs []run) {
	c.t.Helper()
	var all []run
	c.result(c.unit(), "history", nil, &all)
	for _, one := range all {
		if one.ID > known {
			runs = append(runs, one)
		}
	}
	return runs
}

func (c *byCharm) SetState(t *testing.T, text, _ string) {
	t.Helper()
	if runs := c.since(0); len(runs) > 0 {
		c.known = runs[0].ID
	}
	require.NoError(t, c.SetConfig(c.app, map[string]any{"state": text}))
	c.settle()
}

func (c *byCharm) Sync(t *testing.T) connectors.Summary {
	t.Helper()
	var last connectors.Summary
	c.result(c.unit(), "sync", nil, &last)
	whole := connectors.Summary{Reasons: last.Reasons}
	changed := map[string]bool{}
	for _, one := range c.since(c.known) {
		for _, list := range []struct {
			to   *[]string
			from []string
		}{
			{&whole.Added, one.Summary.Added},
			{&whole.Removed, one.Summary.Removed},
			{&whole.Updated, one.Summary.Updated},
			{&whole.Adopted, one.Summary.Adopted},
			{&whole.Paused, one.Summary.Paused},
			{&whole.Resumed, one.Summary.Resumed},
			{&whole.Stopped, one.Summary.Stopped},
			{&whole.Restarted, one.Summary.Restarted},
			{&whole.Failed, one.Summary.Failed},
			{&whole.Held, one.Summary.Held},
		} {
			*list.to = append(*list.to, list.from...)
			for _, name := range list.from {
				changed[name] = true
			}
		}
	}
	for _, name := range last.Unchanged {
		if !changed[name] {
			whole.Unchanged = append(whole.Unchanged, name)
		}
	}
	return whole
}

func (c *byCharm) List(_ *testing.T, state string) (names []string) {
	c.t.Helper()
	c.result(c.unit(), "list", map[string]any{"state": state}, &names)
	return names
}

// Validate asks by the action. Where it is wrong, the unit's status says the first of what is.
func (c *byCharm) Validate(t *testing.T) (valid bool, message string) {
	t.Helper()
	done, err := c.RunAction(t.Context(), c.unit(), "validate", nil)
	require.NoError(t, err)
	status, _ := c.StatusOf(c.unit())
	if done.Status == "completed" {
		assert.Equal(t, "active", status.Current, status.Message)
		return true, ""
	}
	assert.Equal(t, "blocked", status.Current)
	first, _, _ := strings.Cut(done.Message, "\n")
	assert.Contains(t, status.Message, "config state: "+first)
	return false, done.Message
}
