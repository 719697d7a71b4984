package charm

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/provider-charm/internal/identity"
	"connectcharms/requirer-lib/hook"
)

// madeIdentity is one for all tests of this package.
var madeIdentity = sync.OnceValue(func() identity.Identity {
	made, err := identity.Generate("kafka-connect", noon)
	if err != nil {
		panic(err)
	}
	return made
})

func TestIdentityIsMadeOnceAndTakenByEveryUnit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*World)
		want   Step
	}{
		"the leader makes it":            {func(w *World) { w.Shared.Identity = nil }, AddIdentity{}},
		"not before the peer relation":   {func(w *World) { w.Shared.Identity, w.PeerRelation = nil, nil }, nil},
		"nobody else makes it":           {func(w *World) { w.Shared.Identity, w.Leader = nil, false }, nil},
		"a unit that has none takes it":  {func(w *World) { w.Identity.Held, w.Leader = identity.Identity{}, false }, TakeIdentity{IdentityRecord{secretOfIdentity, madeIdentity().Fingerprint()}}},
		"a unit with another takes it":   {func(w *World) { w.Shared.Identity.Fingerprint = "ff" }, TakeIdentity{IdentityRecord{secretOfIdentity, "ff"}}},
		"a unit that has it is finished": {func(*World) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			test.change(w)
			step := addIdentity(w)
			if step == nil {
				step = takeIdentity(w)
			}
			assert.Equal(t, test.want, step)
		})
	}
}

func TestNothingRunsWithoutTheIdentity(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Identity.Held = identity.Identity{}
	w.Services = Services{}
	w.Own.Ready = false
	_ = takeIdentity(w) // tried, and not found
	w.Identity.Problem = "secret not found"

	assert.Nil(t, runServices(w))
	assert.Nil(t, awaitGateway(w))
	assert.False(t, w.canRunWorker())
	assert.Equal(t, hook.Status{Name: hook.Waiting, Message: "waiting for the workers' common identity: secret not found"}, status(w))
}

func TestNothingRunsBeforeTheLeaderMadeTheIdentity(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Leader, w.Shared.Identity, w.Services = false, nil, Services{}
	assert.Nil(t, runServices(w), "files of an earlier try are no identity")
	w.Identity.Held = identity.Identity{}
	assert.Nil(t, runServices(w))
	assert.Equal(t, "waiting for the leader to make the workers' common identity", status(w).Message)
}

func TestAnotherIdentityRestartsTheWorker(t *testing.T) {
	t.Parallel()
	w := settled(t)
	another, err := identity.Generate("kafka-connect", noon)
	assert.NoError(t, err)
	w.Identity.Held, w.Shared.Identity.Fingerprint = another, another.Fingerprint()
	assert.True(t, w.needsRestart())
}
