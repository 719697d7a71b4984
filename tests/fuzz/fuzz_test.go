package fuzz_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/fuzz"
)

const source = `package p

import "testing"

func FuzzHolds(f *testing.F) { f.Add(1); f.Fuzz(func(*testing.T, int) {}) }

func FuzzFails(f *testing.F) { f.Add(7); f.Fuzz(func(t *testing.T, n int) { if n == 7 { t.Fatal("seven") } }) }

func FuzzyNot(string) {}

func (helper) FuzzMethod(f *testing.F) {}

type helper struct{}
`

func TestTargetsAreFoundAndRun(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"m/go.mod": "module m\n\ngo 1.26\n", "m/p/p_test.go": source, "m/p/testdata/x_test.go": "no Go", "m/p/p.go": "package p\n\nfunc FuzzNot() {}\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	targets, err := fuzz.Find(root)
	require.NoError(t, err)
	require.Equal(t, []fuzz.Target{{Package: "m/p", Name: "FuzzHolds"}, {Package: "m/p", Name: "FuzzFails"}}, targets)

	var said bytes.Buffer
	runner := fuzz.Runner{Root: root, Cache: t.TempDir(), For: 10 * time.Millisecond, Say: &said, AtOnce: 1}
	err = runner.Run(t.Context(), targets)
	require.EqualError(t, err, "1 of 2 fuzz targets failed: m/p FuzzFails")
	assert.Contains(t, said.String(), "ok   m/p FuzzHolds")
	assert.Contains(t, said.String(), "FAIL m/p FuzzFails")
	assert.Contains(t, said.String(), "seven")
}
