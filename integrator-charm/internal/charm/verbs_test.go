package charm

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// actions are those of charmcraft.yaml.
func actions(t *testing.T) map[string]struct{ Params map[string]any } {
	t.Helper()
	text, err := os.ReadFile("../../charmcraft.yaml")
	require.NoError(t, err)
	var charm struct {
		Actions map[string]struct{ Params map[string]any }
	}
	require.NoError(t, yaml.Unmarshal(text, &charm))
	return charm.Actions
}

func TestEveryActionIsCarriedOutAndEveryParameterRead(t *testing.T) {
	t.Parallel()
	declared := actions(t)
	assert.Equal(t, slices.Sorted(maps.Keys(declared)), slices.Sorted(maps.Keys(verbs)))
	empty, err := json.Marshal(parameters{})
	require.NoError(t, err)
	read := map[string]any{}
	require.NoError(t, json.Unmarshal(empty, &read))
	for name, action := range declared {
		for parameter := range action.Params {
			assert.Contains(t, read, parameter, "of the action %s", name)
		}
	}
}

// echoing is a unit whose program says how it was called.
func echoing(t *testing.T) *unit {
	t.Helper()
	u := &unit{layout: layout{charm: t.TempDir(), data: t.TempDir()}}
	require.NoError(t, u.layout.make())
	require.NoError(t, os.MkdirAll(filepath.Dir(u.layout.program()), 0o755))
	require.NoError(t, os.WriteFile(u.layout.program(), []byte("#!/bin/sh\necho \"$@\"\n"), 0o755))
	require.NoError(t, os.WriteFile(u.layout.managerFile(settingsFile), []byte("contexts: {connect: {endpoints: ['http://h:1'], name-suffix: _r7_uuid}}"), 0o600))
	return u
}

func TestNamesAreNeverTakenForFlags(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"wait", "get-offsets", "set-offsets", "reset-offsets", "plugins", "set-logger"} {
		u := echoing(t)
		done, err := verbs[action](t.Context(), u, parameters{Names: "--all lines", Name: "--all", Class: "--all", Logger: "--all", State: "running"})
		require.NoError(t, err)
		flags, names, is := strings.Cut(string(done.output), " -- ")
		assert.True(t, is, action)
		assert.NotContains(t, flags, "--all", action)
		assert.Contains(t, names, "--all", action)
		if action == "wait" {
			assert.Equal(t, "--all_r7_uuid lines_r7_uuid --all_r7_uuid\n", names, "in Kafka Connect they are called so")
		}
	}
}
