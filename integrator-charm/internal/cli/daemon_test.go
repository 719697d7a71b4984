package cli_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/api"
	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/controltopic"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// keeper is a manager that says what it is told to say, behind the real API.
type keeper struct {
	api.Manager // what is not called

	mu       sync.Mutex
	clusters []string
	plan     manager.Plan
	silences []manager.Silence
	calls    []string
	fails    error
	links    api.Connections
	halted   bool // a connector is
	topic    *controltopic.Health
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func (k *keeper) call(format string, args ...any) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls = append(k.calls, fmt.Sprintf(format, args...))
	return k.fails
}

func (k *keeper) Clusters() (all []manager.ClusterInfo) {
	for _, name := range k.clusters {
		all = append(all, manager.ClusterInfo{Name: name, Reachable: true})
	}
	return all
}

func (k *keeper) Status(cluster string) (manager.Status, error) {
	return manager.Status{
		Cluster: cluster, Active: true, Source: "github://streams/state/connectors.yaml", Revision: "0123456789abcdef0123", Reachable: true,
		LastSync: &manager.Sync{At: noon, By: "poll", Result: manager.ResultOK, Summary: connectors.Summary{Unchanged: []string{"a", "b"}}},
		NextSync: &noon, Connectors: map[string]int{"running": 2, "failed": 1}, GivenUp: []string{"c"},
		ControlTopic: k.topic,
	}, k.call("status %s", cluster)
}

func (k *keeper) Sync(_ context.Context, cluster, by string) (connectors.Summary, error) {
	summary := connectors.Report{}.Summary()
	summary.Paused, summary.Warnings = []string{"wikipedia-irc"}, k.plan.Warnings
	return summary, k.call("sync %s %s", cluster, by)
}

func (k *keeper) Plan(_ context.Context, cluster, _ string) (manager.Plan, error) {
	return k.plan, k.call("plan %s", cluster)
}

func (k *keeper) Approve(_ context.Context, plan, by, comment string) (manager.Plan, error) {
	approved := k.plan
	approved.State = "approved"
	approved.Approvals = []manager.Decision{{Who: by, When: noon, Comment: comment, Verdict: "approved"}}
	return approved, k.call("approve %s", plan)
}

func (k *keeper) Reject(_ context.Context, plan, _, _ string) (manager.Plan, error) {
	rejected := k.plan
	rejected.State = "rejected"
	return rejected, k.call("reject %s", plan)
}

func (k *keeper) Plans(_ context.Context, cluster string, limit int, before int64) ([]approval.Plan, error) {
	return []approval.Plan{
		{
			ID: "p2", State: approval.Rejected, Created: noon, Revision: "0123456789abcdef", Changes: []connectors.Change{{Name: "b"}},
			Approvals: []approval.Approval{{Who: "boss", Verdict: approval.Reject}},
		},
		{ID: "p1", State: approval.Applied, Created: noon, Changes: []connectors.Change{{Name: "a"}}},
	}, k.call("plans %s %d %d", cluster, limit, before)
}

func (k *keeper) Receivers(context.Context) ([]store.Receiver, error) {
	return []store.Receiver{
		{Name: "email ada@example.org", GivenUp: 2, Error: "nobody of this name"},
		{Name: "webhook hooks.example.org #1234abcd", Waiting: 1, Delivered: noon},
	}, k.call("receivers")
}

func (k *keeper) Report(_ context.Context, plan string) (approval.Plan, error) {
	return approval.Plan{ID: plan, Cluster: "main", State: approval.Applied}, k.call("report %s", plan)
}

func (k *keeper) History(_ context.Context, cluster string, limit int, before int64) ([]manager.Run, error) {
	return []manager.Run{
		{ID: 8, At: noon, By: "ada", Kind: "sync", Revision: "0123456789abcdef", Result: manager.ResultFailed, Error: "the cluster does not answer"},
		{ID: 7, At: noon, By: "poll", Kind: "sync", Result: manager.ResultOK, Summary: connectors.Summary{Added: []string{"a"}, Removed: []string{"b"}}},
	}, k.call("history %s %d %d", cluster, limit, before)
}

func (k *keeper) Silences(context.Context) ([]manager.Silence, error) {
	return k.silences, k.call("silences")
}

func (k *keeper) Silence(_ context.Context, silence manager.Silence) (manager.Silence, error) {
	silence.ID = "s1"
	k.silences = append(k.silences, silence)
	return silence, k.call("silence %s %s", silence.Cluster, silence.Team)
}

func (k *keeper) EndSilence(_ context.Context, id string) error { return k.call("end %s", id) }

// served has the daemon's API in front of the keeper, and the program told where it is, with a token of all roles.
func served(t *testing.T, k *keeper) *bench {
	t.Helper()
	b := newBench(t)
	if k.links == nil {
		k.links = fixedLinks{}
	}
	answering := api.New(api.Options{
		Manager: k, Connections: k.links, Page: http.NotFoundHandler(), Metrics: prometheus.NewRegistry(), Now: func() time.Time { return noon },
		Log: slog.New(slog.DiscardHandler), Reload: func(context.Context) error { return k.call("reload") },
	})
	sum := sha256.Sum256([]byte("open sesame"))
	require.NoError(t, answering.SetTokens([]settings.Token{{
		Name: "ada", SHA256: hex.EncodeToString(sum[:]), Roles: []settings.Role{settings.Viewer, settings.Operator, settings.Approver},
	}}))
	b.daemon = httptest.NewServer(answering.Open())
	t.Cleanup(b.daemon.Close)
	b.environ["CONNECT_SERVER"] = b.daemon.URL
	b.environ["CONNECT_TOKEN_FILE"] = b.write("token", "open sesame\n")
	b.program.Now = func() time.Time { return noon }
	return b
}

func held() manager.Plan {
	old, value := "1", "2"
	return manager.Plan{
		ID: "p1", Created: noon, Revision: "0123456789abcdef", State: "pending",
		Changes: []connectors.Change{{
			Name: "orders", Actions: []connectors.Action{connectors.Update}, From: connect.Running, To: connect.Running, Held: "it wants an approval",
			Keys: []connectors.KeyChange{{Key: "tasks.max", Old: &old, New: &value}, {Key: "password", Secret: true}},
		}},
		Needs: []manager.Need{{Change: "orders", Rule: "payments", Count: 2, Approvers: []string{"ada", "bob"}}},
	}
}

func TestAPlanIsShownApprovedAndReported(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}, plan: held()}
	b := served(t, k)
	assert.Equal(t, `p1  pending  2026-11-23 12:00:00Z  0123456789ab
= orders: update
    ~ tasks.max: "1" → "2"
    ~ password: (secret)
    = it wants an approval
orders needs 2 approvals, of ada, bob (payments)
`, b.ok("plans"))
	approved := b.run("approve", "p1", "-c", "as agreed")
	assert.Equal(t, result{0, "p1: approved\n", "approved by ada at 2026-11-23 12:00:00Z: as agreed\n"}, approved)
	assert.Equal(t, "p1: rejected\n", b.ok("reject", "p1"))
	assert.Contains(t, b.ok("report", "p1"), "# Plan p1 of `main`: applied\n")
	assert.Contains(t, b.ok("report", "p1", "--format", "json"), `"id":"p1"`)
	assert.Equal(t, []string{"plan main", "approve p1", "reject p1", "report p1", "report p1"}, k.calls)

	k.fails = manager.ErrConflict
	assert.Equal(t, 3, b.run("approve", "p1").code)
	k.plan, k.fails = manager.Plan{}, nil
	assert.Equal(t, result{0, "", "There is nothing to do.\n"}, b.run("plans"))
}

func TestConnectionsThatWillNotDoAreSaidFirst(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}, plan: manager.Plan{
		Warnings: []string{"connection \"orders\", needed by a: kafka_cluster is FAILED"},
		Changes:  []connectors.Change{{Name: "a", Actions: []connectors.Action{connectors.Create}}},
	}}
	b := served(t, k)
	const warning = "Warning: connection \"orders\", needed by a: kafka_cluster is FAILED\n"
	plans, sync := b.run("plans"), b.run("daemon", "sync")
	assert.True(t, strings.HasPrefix(plans.err, warning), plans.err)
	assert.Contains(t, plans.out, ": create")
	assert.True(t, strings.HasPrefix(sync.err, warning), sync.err)
	assert.Equal(t, "wikipedia-irc: paused\n", sync.out)
}

func TestAllPlansAndReceiversAreListed(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}}
	b := served(t, k)
	assert.Equal(t, ""+
		"PLAN  STATE     CREATED               REVISION      CHANGES  SAID\n"+
		"p2    rejected  2026-11-23 12:00:00Z  0123456789ab  1        rejected by boss\n"+
		"p1    applied   2026-11-23 12:00:00Z                1\n", b.ok("plans", "--all", "--limit", "2"))
	assert.Equal(t, ""+
		"RECEIVER                             STATE     WAITING  GIVEN UP  LAST TOLD             ERROR\n"+
		"email ada@example.org                not told  0        2                               nobody of this name\n"+
		"webhook hooks.example.org #1234abcd  ok        1        0         2026-11-23 12:00:00Z\n", b.ok("receivers"))
	assert.Equal(t, []string{"plans main 2 0", "receivers"}, k.calls)
}

func TestHistoryAndSilences(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}}
	b := served(t, k)
	assert.Equal(t, ""+
		"ID  AT                    KIND  BY    RESULT  REVISION      WHAT\n"+
		"8   2026-11-23 12:00:00Z  sync  ada   failed  0123456789ab  the cluster does not answer\n"+
		"7   2026-11-23 12:00:00Z  sync  poll  ok                    1 added, 1 removed\n", b.ok("history", "--limit", "2", "--before", "9"))
	assert.Equal(t, "s1: until 2026-11-23 14:00:00Z\n", b.ok("silence", "add", "--team", "streams", "--cluster", "main", "--for", "2h", "-c", "a move", "-l", "tier=g*,zone=1"))
	assert.Equal(t, "ID  CLUSTER  CONNECTOR       TEAM     UNTIL                 BY   COMMENT\n"+
		"s1  main     tier=g* zone=1  streams  2026-11-23 14:00:00Z  ada  a move\n", b.ok("silence", "list"))
	assert.Equal(t, "s1: ended\n", b.ok("silence", "end", "s1"))
	assert.Equal(t, []string{"history main 2 9", "silence main streams", "silences", "end s1"}, k.calls)
	assert.Equal(t, 5, b.run("silence", "add", "--team", "streams").code)
}

func TestTheDaemonIsAskedHowItIsAndToSync(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}}
	b := served(t, k)
	assert.Equal(t, `main
  state file:  github://streams/state/connectors.yaml 0123456789ab
  last sync:   2026-11-23 12:00:00Z by poll, ok: 2 unchanged
  next sync:   2026-11-23 12:00:00Z
  connectors:  1 failed, 2 running
  given up:    c
`, b.ok("daemon", "status"))
	assert.Equal(t, "wikipedia-irc: paused\n", b.ok("daemon", "sync"))
	assert.Equal(t, "reloaded\n", b.ok("daemon", "reload"))
	assert.Equal(t, []string{"status main", "overlays main", "sync main ada", "reload"}, k.calls)
	k.fails = manager.ErrStandby
	assert.Equal(t, 3, b.run("daemon", "sync").code)
}

func TestTheDaemonsStatusBeginsWithWhatSomebodyHasToLookAt(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}, links: someLinks(), halted: true}
	status := served(t, k).ok("daemon", "status")
	assert.Contains(t, status, `main
  stopped:     orders since 2026-11-23 12:00:00Z: api_key has to be a number
  connection:  payments, schema_registry: FAILED since 2026-11-23 12:00:00Z: authenticate: registry.example.org: 401
  state file:`)
}

func TestTheDaemonsStatusSaysHowControlMessagesAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		topic controltopic.Health
		want  string
	}{
		{controltopic.Health{Topic: "said"}, "  control:     topic said\n"},
		{controltopic.Health{Topic: "said", Error: "reach the brokers: they do not answer"}, "  control:     topic said is not read: reach the brokers: they do not answer\n"},
		{
			controltopic.Health{Topic: "said", Waiting: 2, Since: &noon, Reason: "the cluster does not answer"},
			"  control:     topic said: messages of 2 connectors wait since 2026-11-23 12:00:00Z: the cluster does not answer\n",
		},
	} {
		b := served(t, &keeper{clusters: []string{"main"}, topic: &c.topic})
		assert.Contains(t, b.ok("daemon", "status"), c.want)
	}
}

func TestOneOfTheDaemonsClustersIsMeant(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"production", "staging"}}
	b := served(t, k)
	which := b.run("daemon", "status")
	assert.Equal(t, result{5, "", "connect-manager: which of the daemon's clusters? Say --cluster: production, staging\n"}, which)
	assert.Contains(t, b.ok("daemon", "status", "--cluster", "staging"), "staging\n")
	b.environ["CONNECT_MANAGER_CONFIG"] = b.write("config.yaml", "contexts: {production: {}}\n")
	assert.Contains(t, b.ok("daemon", "status"), "production\n", "the context's name is the cluster's")
}

func TestWhoIsNotLetInIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	b := served(t, &keeper{clusters: []string{"main"}})
	b.write("token", "close sesame")
	refused := b.run("plans")
	assert.Equal(t, 1, refused.code)
	assert.Contains(t, refused.err, "CONNECT_TOKEN_FILE")
	assert.NotContains(t, refused.err, "close sesame")
	delete(b.environ, "CONNECT_SERVER")
	assert.Equal(t, "connect-manager: which daemon? Say --server, or give the context its server, or set CONNECT_SERVER\n", b.run("plans").err)
	assert.Equal(t, 1, b.run("plans", "--server", filepath.Join(b.dir, "no.socket")).code)
	assert.Equal(t, 1, b.run("plans", "--server", "ftp://x").code)
}
