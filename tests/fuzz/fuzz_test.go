package fuzz

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const source = `package p

import "testing"

func FuzzHolds(f *testing.F) { f.Add(1); f.Fuzz(func(*testing.T, int) {}) }

func FuzzFails(f *testing.F) { f.Add(7); f.Fuzz(func(t *testing.T, n int) { if n == 7 { t.Fatal("seven") } }) }

func FuzzFailsToo(f *testing.F) { f.Add("a"); f.Fuzz(func(t *testing.T, s string) { if s == "a" { t.Fatal("an a") } }) }

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
	targets, err := Find(root)
	require.NoError(t, err)
	require.Equal(t, []Target{{"m/p", "FuzzHolds"}, {"m/p", "FuzzFails"}, {"m/p", "FuzzFailsToo"}}, targets)

	var said bytes.Buffer
	runner := Runner{Root: root, Cache: t.TempDir(), For: 10 * time.Millisecond, Say: &said, AtOnce: 1}
	require.NoError(t, runner.Run(t.Context(), targets[:1]))
	assert.Contains(t, said.String(), "ok   m/p FuzzHolds")

	runner.For = time.Minute // a target that fails ends with that; and one whose time ends before it has tried anything does not fail
	err = runner.Run(t.Context(), targets[1:])
	require.EqualError(t, err, "2 of 2 fuzz targets failed: m/p FuzzFails, m/p FuzzFailsToo")
	assert.Contains(t, said.String(), "FAIL m/p FuzzFails")
	assert.Contains(t, said.String(), "seven")
	assert.Contains(t, said.String(), "an a")
}

func TestATargetIsNotBlamedForTheClock(t *testing.T) {
	t.Parallel()
	assert.True(t, wasOnlyLate("fuzz: elapsed: 45s\n--- FAIL: FuzzListing (45.10s)\n    context deadline exceeded\nFAIL\n"))
	assert.False(t, wasOnlyLate("--- FAIL: FuzzListing (1s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/x\n"))
	assert.False(t, wasOnlyLate("--- FAIL: FuzzListing (1s)\n    --- FAIL: FuzzListing (0.00s)\n        a_test.go:1: context deadline exceeded\n"))
}
