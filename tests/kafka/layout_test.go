package kafka

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestArchivesOfTwoBuildsHaveTheSameBytes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs the jars of real Kafka, which -short leaves out")
	}
	first, err := Fetch(t.Context(), DefaultVersion, t.Output())
	require.NoError(t, err)
	recipe, err := recipeFor(DefaultVersion)
	require.NoError(t, err)
	jars := gatherJars(t, first, recipe)

	dir := t.TempDir()
	require.NoError(t, layOut(recipe, jars, dir))

	second := runtimeIn(dir, DefaultVersion)
	assert.Equal(t, digest(t, first.Archive), digest(t, second.Archive))
	assert.Equal(t, digest(t, first.FilePlugin), digest(t, second.FilePlugin))
}

// gatherJars puts the jars of a runtime into one directory again, with other modification times and modes, as Maven would leave them.
func gatherJars(t *testing.T, runtime *Runtime, recipe recipe) string {
	t.Helper()
	jars := t.TempDir()
	for name := range recipe.jars {
		from := filepath.Join(runtime.Dir, "libs", name)
		if strings.HasPrefix(name, "connect-file-") {
			from = filepath.Join(runtime.PluginPath, strings.TrimSuffix(name, ".jar"), name)
		}
		to := filepath.Join(jars, name)
		require.NoError(t, copyFile(from, to))
		require.NoError(t, os.Chmod(to, 0o600))
		require.NoError(t, os.Chtimes(to, time.Now(), time.Now().Add(-48*time.Hour)))
	}
	return jars
}

func TestOnlyTheRecordedJarsAreTaken(t *testing.T) {
	t.Parallel()
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	recorded := map[string]string{"a.jar": empty, "b.jar": empty}
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"all":        {files: map[string]string{"a.jar": "", "b.jar": ""}},
		"other byte": {files: map[string]string{"a.jar": "x", "b.jar": ""}, want: "a.jar has SHA-256 2d711642"},
		"one more":   {files: map[string]string{"a.jar": "", "b.jar": "", "c.jar": ""}, want: "mvn brought c.jar"},
		"one less":   {files: map[string]string{"a.jar": ""}, want: "mvn did not bring [b.jar]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, content := range test.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
			}
			err := checkJars(dir, recorded)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestRecipesThatDifferHaveDifferentKeys(t *testing.T) {
	t.Parallel()
	recipe, err := recipeFor(DefaultVersion)
	require.NoError(t, err)
	before := recipe.key()
	assert.Equal(t, before, recipe.key())
	recipe.files["bin/kafka-run-class.sh"] = []byte("#!/bin/sh\n")
	assert.NotEqual(t, before, recipe.key())
}

func TestOutputKeepsTheLastWholeLines(t *testing.T) {
	t.Parallel()
	said := newOutput(nil)
	for range 1000 {
		_, err := said.Write([]byte("a line that is forgotten\n"))
		require.NoError(t, err)
	}
	_, err := said.Write([]byte("the last line\n"))
	require.NoError(t, err)
	lines := strings.Split(said.tail(), "\n")
	assert.Equal(t, "a line that is forgotten", lines[0])
	assert.Equal(t, "the last line", lines[len(lines)-1])
	assert.Less(t, len(said.tail()), tailSize)
}

func digest(t *testing.T, path string) string {
	t.Helper()
	sum, err := digestOf(path)
	require.NoError(t, err)
	return sum
}
