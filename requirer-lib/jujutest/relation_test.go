package jujutest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// pair is a server of two units related to a client, settled, with both sides under the test's control.
func pair(t *testing.T, options jujutest.Options) (m *jujutest.Model, server, client *script, relation int) {
	t.Helper()
	m, server, client = newModel(t, options), newScript(), newScript()
	deploy(t, m, "server", server.charm(serverMetadata), jujutest.DeployOptions{Units: 2})
	deploy(t, m, "client", client.charm(clientMetadata), jujutest.DeployOptions{})
	relation = integrate(t, m, "server", "client")
	settle(t, m)
	return m, server, client, relation
}

// since lists the hooks that a unit has run after the first n of the model.
func since(m *jujutest.Model, n int, unit string) []string {
	var names []string
	for _, run := range m.HookLog()[n:] {
		if run.Unit == unit {
			names = append(names, run.Name)
		}
	}
	return names
}

func lastRun(t *testing.T, m *jujutest.Model, unit, name string) jujutest.HookRun {
	t.Helper()
	for _, run := range slices.Backward(m.HookLog()) {
		if run.Unit == unit && run.Name == name {
			return run
		}
	}
	require.Fail(t, "the hook has not run", "%s %s", unit, name)
	return jujutest.HookRun{}
}

func TestAWriteToTheUnitDatabagIsToldToTheOtherSideOnly(t *testing.T) {
	t.Parallel()
	m, server, _, id := pair(t, jujutest.Options{})
	before := len(m.HookLog())
	server.do(t, m, "server/1", func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSet(ctx, hook.RelationID(id), map[string]string{"port": "1"})
	})
	assert.Equal(t, []string{"database-relation-changed"}, since(m, before, "client/0"))
	assert.Empty(t, since(m, before, "server/0"))
	env := envOf(lastRun(t, m, "client/0", "database-relation-changed"))
	assert.Equal(t, "server/1", env["JUJU_REMOTE_UNIT"])
	assert.Equal(t, "server", env["JUJU_REMOTE_APP"])
	assert.Equal(t, "database", env["JUJU_RELATION"])
	assert.Equal(t, fmt.Sprintf("database:%d", id), env["JUJU_RELATION_ID"])
}

func TestAWriteThatChangesNothingIsToldToNobody(t *testing.T) {
	t.Parallel()
	m, server, _, id := pair(t, jujutest.Options{})
	write := func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"port": "1"})
	}
	server.do(t, m, "server/0", write)
	before := len(m.HookLog())
	server.do(t, m, "server/0", write)
	assert.Empty(t, since(m, before, "client/0"))
}

func TestAWriteToTheApplicationDatabagIsToldWithoutAUnit(t *testing.T) {
	t.Parallel()
	m, server, _, id := pair(t, jujutest.Options{})
	server.do(t, m, "server/0", func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"port": "1"})
	})
	env := envOf(lastRun(t, m, "client/0", "database-relation-changed"))
	assert.Empty(t, env["JUJU_REMOTE_UNIT"])
	assert.Equal(t, "server", env["JUJU_REMOTE_APP"])
}

func TestALeadersWriteToThePeerApplicationDatabagIsToldToEveryPeer(t *testing.T) {
	t.Parallel()
	m, server, _, _ := pair(t, jujutest.Options{})
	before := len(m.HookLog())
	server.do(t, m, "server/0", func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSetApp(ctx, 0, map[string]string{"secret": "x"})
	})
	assert.Equal(t, []string{"update-status", "cluster-relation-changed"}, since(m, before, "server/0"))
	assert.Equal(t, []string{"cluster-relation-changed"}, since(m, before, "server/1"))
}

func TestOnlyTheLeaderWritesTheApplicationDatabag(t *testing.T) {
	t.Parallel()
	m, server, _, id := pair(t, jujutest.Options{})
	server.do(t, m, "server/1", func(ctx context.Context, h *hook.Hook) error {
		err := h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"port": "1"})
		var refusal *hook.ToolError
		require.ErrorAs(t, err, &refusal)
		assert.Equal(t, "cannot write relation settings", refusal.Message)
		assert.Equal(t, 1, refusal.ExitCode)
		return nil
	})
}

func TestAFailedHookWritesNothing(t *testing.T) {
	t.Parallel()
	m, server, _, id := pair(t, jujutest.Options{HookRetries: -1})
	server.on("server/0", "update-status", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"port": "1"}))
		require.NoError(t, h.StateSet(ctx, hook.State{"a": "b"}))
		require.NoError(t, h.OpenPort(ctx, 80, "tcp"))
		require.NoError(t, h.StatusSet(ctx, hook.Status{Name: hook.Blocked, Message: "told at once"}))
		return errorf("no")
	})
	require.NoError(t, m.UpdateStatus("server/0"))
	require.ErrorContains(t, m.Settle(deadline(t)), `unit server/0 is in an error state: hook "update-status" failed 1 times: no`)
	data, err := m.RelationData(id, "server")
	require.NoError(t, err)
	assert.Empty(t, data)
	unit, err := m.Unit("server/0")
	require.NoError(t, err)
	assert.Empty(t, unit.State)
	assert.Empty(t, unit.OpenPorts)
	assert.Equal(t, "error", unit.Workload.Current)
	assert.Equal(t, `hook failed: "update-status"`, unit.Workload.Message)
	require.NoError(t, m.Resolve("server/0", false))
	unit, err = m.Unit("server/0")
	require.NoError(t, err)
	assert.Equal(t, "told at once", unit.Workload.Message)
}

func TestAHookReadsItsOwnWritesAndOthersReadThemAfterwards(t *testing.T) {
	t.Parallel()
	m, server, client, id := pair(t, jujutest.Options{})
	server.do(t, m, "server/0", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"a": "1", "b": "2"}))
		require.NoError(t, h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"b": ""}))
		bag, err := jujutest.RunTool(ctx, "relation-get", "-r", fmt.Sprint(id), "--app", "-", "server")
		assert.Equal(t, "a: \"1\"\n", bag)
		return err
	})
	client.do(t, m, "client/0", func(ctx context.Context, h *hook.Hook) error {
		bag, err := jujutest.RunTool(ctx, "relation-get", "-r", fmt.Sprint(id), "--app", "--format=json", "-", "server")
		assert.JSONEq(t, `{"a":"1"}`, bag)
		return err
	})
}

func TestTheModelsOwnKeysOfAUnitDatabagCannotBeChanged(t *testing.T) {
	t.Parallel()
	m, server, _, id := pair(t, jujutest.Options{})
	unit, err := m.Unit("server/0")
	require.NoError(t, err)
	want := map[string]string{"ingress-address": unit.Address, "egress-subnets": unit.Address + "/32", "port": "1"}
	server.do(t, m, "server/0", func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSet(ctx, hook.RelationID(id), map[string]string{"ingress-address": "10.0.0.1", "port": "1"})
	})
	data, err := m.RelationData(id, "server/0")
	require.NoError(t, err)
	assert.Equal(t, want, data)
}

func TestRemovingARelationDepartsFromEveryUnitAndBreaks(t *testing.T) {
	t.Parallel()
	m, server, client, id := pair(t, jujutest.Options{})
	server.do(t, m, "server/0", func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"endpoints": "here"})
	})
	client.on("client/0", "database-relation-broken", func(ctx context.Context, h *hook.Hook) error {
		bag, err := jujutest.RunTool(ctx, "relation-get", "--app", "-", "server")
		assert.Equal(t, "endpoints: here\n", bag, "the other databag stays readable in relation-broken")
		ids, listErr := jujutest.RunTool(ctx, "relation-ids", "database")
		assert.NoError(t, listErr)
		assert.Equal(t, fmt.Sprintf("database:%d\n", id), ids, "it is still listed")
		assert.Equal(t, "server", h.Relation.RemoteApp)
		return err
	})
	before := len(m.HookLog())
	require.NoError(t, m.RemoveRelation("server", "client:database"))
	settle(t, m)
	assert.Equal(t, []string{"database-relation-departed", "database-relation-departed", "database-relation-broken"}, since(m, before, "client/0"))
	assert.Equal(t, []string{"db-relation-departed", "db-relation-broken"}, since(m, before, "server/1"))
	assert.Equal(t, "client/0", envOf(lastRun(t, m, "server/1", "db-relation-departed"))["JUJU_DEPARTING_UNIT"])
	_, err := m.RelationData(id, "server")
	assert.ErrorContains(t, err, "not found")
	assert.Len(t, m.Relations(), 1, "the peer relation stays")
}

func TestARemovedUnitDepartsFromAllStopsAndGoes(t *testing.T) {
	t.Parallel()
	m, _, _, _ := pair(t, jujutest.Options{})
	before := len(m.HookLog())
	require.NoError(t, m.RemoveUnit("server/0"))
	settle(t, m)
	assert.Equal(t, []string{
		"db-relation-departed", "db-relation-broken", "cluster-relation-departed", "stop", "remove",
	}, since(m, before, "server/0"), "peers depart, and no peer relation breaks")
	assert.Equal(t, "server/0", envOf(lastRun(t, m, "server/0", "db-relation-departed"))["JUJU_DEPARTING_UNIT"])
	assert.Equal(t, "server/0", envOf(lastRun(t, m, "client/0", "database-relation-departed"))["JUJU_DEPARTING_UNIT"])
	assert.Equal(t, []string{"cluster-relation-departed", "leader-elected"}, since(m, before, "server/1"))
	assert.Equal(t, []string{"server/1"}, m.Units("server"))
	assert.Equal(t, "server/1", m.Leader("server"))
}

func TestADepartingUnitIsNotListedAndItsDatabagStaysReadable(t *testing.T) {
	t.Parallel()
	m, server, client, id := pair(t, jujutest.Options{})
	server.do(t, m, "server/1", func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSet(ctx, hook.RelationID(id), map[string]string{"port": "1"})
	})
	client.on("client/0", "database-relation-departed", func(ctx context.Context, h *hook.Hook) error {
		units, err := jujutest.RunTool(ctx, "relation-list")
		assert.Equal(t, "server/0\n", units)
		assert.NoError(t, err)
		port, err := jujutest.RunTool(ctx, "relation-get", "port", "server/1")
		assert.Equal(t, "1\n", port)
		return err
	})
	require.NoError(t, m.RemoveUnit("server/1"))
	settle(t, m)
}

func TestADepartingLeaderIsStillLeaderWhenItsRelationBreaks(t *testing.T) {
	t.Parallel()
	m, server, _, _ := pair(t, jujutest.Options{})
	asked := false
	server.on("server/0", "db-relation-broken", func(ctx context.Context, h *hook.Hook) error {
		leader, err := h.IsLeader(ctx)
		asked = true
		assert.True(t, leader)
		return err
	})
	require.NoError(t, m.RemoveUnit("server/0"))
	settle(t, m)
	assert.True(t, asked)
}

func TestRemovingAnApplicationEndsItsRelationsAndUnits(t *testing.T) {
	t.Parallel()
	m, _, _, _ := pair(t, jujutest.Options{})
	require.NoError(t, m.RemoveApplication("server"))
	settle(t, m)
	assert.Empty(t, m.Units("server"))
	assert.Empty(t, m.Relations())
	assert.Equal(t, "database-relation-broken", m.HookNames("client/0")[len(m.HookNames("client/0"))-1])
	_, err := m.AddUnit("server")
	assert.ErrorContains(t, err, `application "server" not found`)
}

func TestAUnitThatJoinsLateIsToldOfEverythingThatThereIs(t *testing.T) {
	t.Parallel()
	m, server, _, id := pair(t, jujutest.Options{})
	server.do(t, m, "server/0", func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"endpoints": "here"})
	})
	name, err := m.AddUnit("client")
	require.NoError(t, err)
	settle(t, m)
	assert.Equal(t, []string{
		"install", "database-relation-created", "config-changed", "start",
		"database-relation-changed", // the application databag first
		"database-relation-joined", "database-relation-changed", "database-relation-joined", "database-relation-changed",
	}, m.HookNames(name))
}

func TestIntegrateTakesTheOnePairThatFits(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "server", quiet("name: server\nprovides: {a: {interface: sql}, b: {interface: sql, limit: 1}, c: web}\n"), jujutest.DeployOptions{})
	deploy(t, m, "client", quiet("name: client\nrequires: {database: sql, page: {interface: web}}\n"), jujutest.DeployOptions{})
	deploy(t, m, "second", quiet("name: client\nrequires: {database: sql}\n"), jujutest.DeployOptions{})
	for _, c := range []struct{ a, b, problem string }{
		{"server", "client", "ambiguous relation"},
		{"server:c", "client:database", "no compatible endpoints found"},
		{"server:x", "client", `application "server" has no "x" relation`},
		{"nobody", "client", `application "nobody" not found`},
		{"server:c", "client", ""},
		{"client:page", "server", "already exists"},
		{"server:b", "client:database", ""},
		{"server:b", "second", "would exceed its maximum relation limit of 1"},
	} {
		_, err := m.Integrate(c.a, c.b)
		if c.problem == "" {
			assert.NoError(t, err, "%s %s", c.a, c.b)
			continue
		}
		assert.ErrorContains(t, err, c.problem, "%s %s", c.a, c.b)
	}
	assert.Equal(t, []string{"client:database", "server:b"}, m.Relations()[1].Endpoints)
}
