package connectprovider_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestJujuIsAskedOnceWhoseARelationIs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "applications.json")
	var seen []string
	provider := jujutest.FromFunc([]byte(providerYAML), func(ctx context.Context, h *hook.Hook) error {
		relations, err := connectprovider.New(h, connectprovider.Options{Apps: connectprovider.InFile(file)}).Relations(ctx, true)
		seen = nil
		for _, relation := range relations {
			seen = append(seen, relation.App)
		}
		return err
	})
	m, err := jujutest.New(jujutest.Options{Seed: 1, HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	require.NoError(t, m.Deploy("provider", provider, jujutest.DeployOptions{}))
	for _, app := range []string{"one", "two"} {
		require.NoError(t, m.Deploy(app, jujutest.FromFunc([]byte(requirerYAML), new(client).run), jujutest.DeployOptions{}))
		_, err := m.Integrate("provider", app)
		require.NoError(t, err)
	}
	require.NoError(t, m.Settle(t.Context()))
	asked := func() (times int) {
		require.NoError(t, m.UpdateStatus("provider/0"))
		require.NoError(t, m.Settle(t.Context()))
		runs := m.HookLog()
		run := runs[len(runs)-1]
		require.Equal(t, "update-status", run.Name)
		assert.Equal(t, []string{"one", "two"}, seen)
		return len(slices.DeleteFunc(slices.Clone(run.Tools), func(tool string) bool { return tool != "relation-list" }))
	}
	assert.Zero(t, asked(), "earlier hooks have asked")
	for _, damage := range []string{"", `{"model":"another","applications":{"0":"three","1":"four"}}`, "{"} {
		require.NoError(t, os.WriteFile(file, []byte(damage), 0o600))
		assert.Equal(t, 2, asked(), "it knows no more: %q", damage)
		assert.Zero(t, asked())
	}
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.MkdirAll(filepath.Join(file, "in the way"), 0o700))
	assert.Equal(t, 2, asked(), "what cannot be written fails no hook")
	require.NoError(t, os.RemoveAll(file))
	require.NoError(t, m.RemoveRelation("provider", "one"))
	require.NoError(t, m.Settle(t.Context()))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "one", "what is gone is forgotten")
}
