package connectors_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectors"
)

// TestNoSecretIsEverShown has secrets that go by a secret's name, that came by reference under any name, that are in the
// middle of other values, that were there before and are to come; in plans, reports, errors and logs.
func TestNoSecretIsEverShown(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	before := connectors.Connector{Secret: []string{"irc.key", "gone"}, Config: withMarks(config("x"),
		"db.password", "s3cret-old", "irc.key", "s3cret-irc", "gone", "s3cret-gone", "url", "jdbc://u:s3cret-url@h", "both", "key=s3cret-irc")}
	after := connectors.Connector{Secret: []string{"irc.key"}, Config: withMarks(config("y"),
		"db.password", "s3cret-new", "irc.key", "s3cret-irc2", "url", "jdbc://u:s3cret-url2@h", "both", "key=s3cret-irc2", "plain", "shown")}
	var log bytes.Buffer
	options := connectors.Options{Wait: -1, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}

	shown := func(what ...any) {
		t.Helper()
		for _, one := range what {
			document, err := json.Marshal(one)
			require.NoError(t, err)
			assert.NotContains(t, string(document), "s3cr")
			assert.NotContains(t, fmt.Sprintf("%+v", one), "s3cr")
		}
		assert.NotContains(t, log.String(), "s3cret")
	}
	check := func(desired connectors.Desired) connectors.Plan {
		t.Helper()
		plan, err := owned.Plan(t.Context(), desired, options)
		require.NoError(t, err)
		report, err := owned.Apply(t.Context(), desired, plan, options)
		require.NoError(t, err)
		there, err := owned.Observe(t.Context())
		require.NoError(t, err)
		shown(there["a"], plan, desired, report.Summary(), report.Connectors, report.Err())
		return plan
	}
	check(connectors.Desired{"a": before})
	cluster.Fail("a", "no s3cret-irc nor s3cret-old nor s3cret-gone\n\tat")
	// An error is cut in the middle: none may be left of a secret that is there.
	cluster.Refuse("a", 400, "bad: s3cret-gone, "+strings.Repeat("s3cret-irc2, s3cret-new, ", 50))
	plan := check(connectors.Desired{"a": after})
	assert.Equal(t, []connectors.KeyChange{
		{Key: "both", Secret: true},
		{Key: "db.password", Secret: true},
		changed("file", "x", "y"),
		{Key: "gone", Secret: true},
		{Key: "irc.key", Secret: true},
		added("plain", "shown"),
		{Key: "url", Secret: true},
	}, plan.Changes[0].Keys, "what was secret before is so when the file no longer says it")
	restart := options
	restart.RestartFailed = true
	plan, err := owned.Plan(t.Context(), connectors.Desired{"a": before}, restart)
	require.NoError(t, err)
	assert.Equal(t, "task 0 FAILED: no *** nor *** nor ***", plan.Changes[0].Reason)
	cluster.Refuse("a", 0, "")
	check(connectors.Desired{})
}

func TestASecretThatChangesIsAChange(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	with := func(key string) connectors.Desired {
		return connectors.Desired{"a": {Config: withMarks(config("x"), "irc.key", key), Secret: []string{"irc.key"}}}
	}
	reconcile(t, owned, with("one"), connectors.Options{Wait: -1})
	report := reconcile(t, owned, with("two"), connectors.Options{Wait: -1})
	assert.Equal(t, []connectors.KeyChange{{Key: "irc.key", Secret: true}}, one(t, report).Keys)
	assert.Equal(t, "two", cluster.Config("a")["irc.key"])
}
