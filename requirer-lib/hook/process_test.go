package hook_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// TestMain lets this program be a charm, too: its dispatch starts it with this variable.
func TestMain(m *testing.M) {
	if os.Getenv("HOOK_TEST_CHARM") == "" {
		os.Exit(m.Run())
	}
	if err := dispatch(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// dispatch is a charm that uses each way in which the tools take what they are given: words, standard input, files.
func dispatch() error {
	h, err := hook.FromEnvironment()
	if err != nil {
		return err
	}
	ctx := context.Background()
	if h.Name != "db-relation-created" {
		return h.StatusSet(ctx, hook.Status{Name: hook.Active, Message: "-- " + h.Name})
	}
	uri, err := h.SecretAdd(ctx, content(hostile), hook.SecretOptions{Label: "hostile"})
	if err != nil {
		return err
	}
	if err := h.StateSet(ctx, hostile); err != nil {
		return err
	}
	if err := h.RelationSetApp(ctx, h.Relation.ID, hook.Databag{"uri": uri}); err != nil {
		return err
	}
	if _, err := h.RelationGet(ctx, h.Relation.ID+99, "client"); !hook.Says(err, "relation not found") {
		return fmt.Errorf("want a refusal, got %w", err)
	}
	return h.RelationSet(ctx, h.Relation.ID, hostile)
}

func TestACharmThatIsAProcessSpeaksToTheToolsThemselves(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "charmcraft.yaml"), []byte(serverMetadata), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dispatch"), []byte("#!/bin/sh\nHOOK_TEST_CHARM=1 exec "+program+"\n"), 0o700))
	m, err := jujutest.New(jujutest.Options{HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	require.NoError(t, m.Deploy("server", jujutest.FromDir(dir), jujutest.DeployOptions{}))
	quiet := func(context.Context, *hook.Hook) error { return nil }
	require.NoError(t, m.Deploy("client", jujutest.FromFunc([]byte(clientMetadata), quiet), jujutest.DeployOptions{}))
	id, err := m.Integrate("server", "client")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	require.NoError(t, m.Settle(ctx))

	bag, err := m.RelationData(id, "server/0")
	require.NoError(t, err)
	assert.Subset(t, bag, hostile)
	app, err := m.RelationData(id, "server")
	require.NoError(t, err)
	revealed, err := m.RevealSecret(app["uri"])
	require.NoError(t, err)
	assert.Equal(t, hostile, revealed)
	unit, err := m.Unit("server/0")
	require.NoError(t, err)
	assert.Equal(t, hostile, unit.State)
	assert.Contains(t, unit.Workload.Message, "-- ")
}
