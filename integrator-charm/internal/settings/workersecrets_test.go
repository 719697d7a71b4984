package settings_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/settings"
)

func TestTheWayOfSecretsToTheWorkersIsOfAContext(t *testing.T) {
	t.Parallel()
	s, err := load(t, `contexts:
  a: {worker-secrets: {provider: own, path: /run/secrets, dir: shared}}
  b: {worker-secrets: {provider: connector-secrets, path: /proc/self/cwd/secrets/relation-7, deliver: charm}}
  c: {}
`)
	require.NoError(t, err)
	assert.Equal(t, settings.WorkerSecrets{Provider: "own", Path: "/run/secrets", Dir: filepath.Join(filepath.Dir(s.Path), "shared")}, s.Contexts["a"].WorkerSecrets)
	assert.Equal(t, settings.DeliverCharm, s.Contexts["b"].WorkerSecrets.Deliver)
	assert.True(t, s.Contexts["c"].WorkerSecrets.IsZero())
}

func TestAWayThatLeadsNowhereIsTold(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"{}":                                              "",
		"{path: /a}":                                      "line 2, column 23: want the name that the workers' config.providers has, of letters, digits, dashes and underscores",
		"{provider: 'a b', path: /a}":                     "line 2, column 34: want the name that the workers' config.providers has, of letters, digits, dashes and underscores",
		"{provider: a, path: a}":                          "line 2, column 43: want the directory's absolute path as the workers see it, without : $ { }",
		"{provider: a, path: '/a:b'}":                     "line 2, column 43: want the directory's absolute path as the workers see it, without : $ { }",
		"{provider: a, path: /a/../b}":                    "line 2, column 43: want the directory's absolute path as the workers see it, without : $ { }",
		"{provider: a, path: /a, deliver: post}":          "line 2, column 56: want files or charm",
		"{provider: a, path: /a, dir: b, deliver: charm}": "line 2, column 52: where a charm delivers, nothing is written here: leave it out",
		"{provider: a, path: /a, directory: b}":           "line 2, column 47: cannot find field directory (there are: provider, path, dir, deliver)",
	} {
		_, err := load(t, "contexts:\n  a: {worker-secrets: "+said+"}\n")
		if want == "" {
			require.NoError(t, err, said)
			continue
		}
		var problems settings.Problems
		require.ErrorAs(t, err, &problems, said)
		require.Len(t, problems.All, 1, said)
		assert.Equal(t, want, problems.All[0].Error(), said)
	}
}
