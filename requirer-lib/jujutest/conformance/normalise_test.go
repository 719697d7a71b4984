package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatDiffersFromRunToRunIsReplaced(t *testing.T) {
	t.Parallel()
	cases := []struct{ raw, want string }{
		{"  10.99.77.16/32\n", "  ADDRESS/32\n"},
		{"  cidr: 127.0.0.0/8\n", "  cidr: SUBNET\n"},
		{"https://10.99.77.10:17070/x", "https://ADDRESS/x"},
		{"/tmp/jt1/u/var/lib/juju/agents/unit-a-0/charm", "AGENTS/unit-a-0/charm"},
		{"at 2026-11-22T16:55:13.23Z", "at TIME"},
		{"secret:cjqub6vubg2s77p3nio0 secret:cjqub7fubg2s77p3niog cjqub6vubg2s77p3nio0", "secret:SECRET-1 secret:SECRET-2 SECRET-1"},
		{"00000000000000000000", "00000000000000000000"},
		{"    JUJU_CONTEXT_ID=a/0-install-8d8f5c1b69b7678d7f1cbf2500c1c325\n", "    JUJU_CONTEXT_ID=a/0-install-NUMBER\n"},
	}
	for _, c := range cases {
		assert.Equal(t, c.want, (&normaliser{}).normalise(c.raw))
	}
}

func TestTheDiffNamesThePlace(t *testing.T) {
	t.Parallel()
	before := "== 1. run a/0\n-- a/0\nhooks/start\n  $ is-leader\n    True\n-- a/0 is active\n"
	after := "== 1. run a/0\n-- a/0\nhooks/start\n  $ is-leader\n    False\n-- a/0 is active\n"
	assert.Empty(t, Diff(before, before))
	want := "@\n  == 1. run a/0\n  -- a/0\n  hooks/start\n    $ is-leader\n-     True\n+     False\n"
	assert.Equal(t, want, Diff(before, after))
}

func TestTheOrderThatJujuLeavesOpenDoesNotCount(t *testing.T) {
	t.Parallel()
	hooks := []string{"hooks/install\n", "hooks/use-relation-created X\n", "hooks/db-relation-created X\n", "hooks/config-changed\n"}
	sortCreated(hooks)
	assert.Equal(t, []string{"hooks/install\n", "hooks/db-relation-created X\n", "hooks/use-relation-created X\n", "hooks/config-changed\n"}, hooks)
	repeated := []string{"hooks/config-changed\n", "hooks/start\n", "hooks/config-changed\n", "hooks/config-changed\n  $ is-leader\n"}
	assert.Equal(t, []string{"hooks/config-changed\n", "hooks/start\n", "hooks/config-changed\n  $ is-leader\n"}, dropRepeats(repeated))
}
