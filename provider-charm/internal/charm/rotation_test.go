package charm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

const secretOfNext = "cjqub6vubg2s77p3nio2"

// rotating is a leader whose relation 7 gets another password, and a unit beside it.
func rotating(t *testing.T, rotation Rotation) *World {
	t.Helper()
	w := settled(t)
	w.Shared.changeCredentials("relation-7", func(c *Credentials) {
		hash, err := accounts.HashPassword(accounts.GeneratePassword())
		require.NoError(t, err)
		c.Account.Previous, c.Account.Hash = c.Account.Hash, hash
		c.Rotation = &rotation
	})
	w.Services.Accounts = w.accounts().Revision()
	w.Own.Accounts = w.Services.Accounts
	withPeer(w)
	return w
}

func TestJujuAsksForARotation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*World)
		want   Step
	}{
		"of a relation's password": {func(*World) {}, BeginRotation{Username: "relation-7"}},
		"of the charm's own":       {func(w *World) { w.Event.Secret.URI = "secret:" + secretOfOperator }, BeginRotation{Username: "operator"}},
		"of another secret":        {func(w *World) { w.Event.Secret.URI = "secret:" + secretOfNext }, nil},
		"which is under way": {func(w *World) {
			w.Shared.changeCredentials("relation-7", func(c *Credentials) { c.Rotation = &Rotation{Ends: noon.Add(time.Hour)} })
		}, nil},
	} {
		w := settled(t)
		w.Event.Kind, w.Event.Secret = hook.SecretRotate, &hook.SecretEvent{URI: "secret:" + secretOf7}
		c.change(w)
		assert.Equal(t, c.want, beginRotations(w), name)
	}
}

func TestANewPasswordIsAnnouncedWhenEveryGatewayAcceptsIt(t *testing.T) {
	t.Parallel()
	w := rotating(t, Rotation{Secret: secretOfNext})
	announce := AnnouncePassword{Username: "relation-7", Secret: secretOf7, Next: secretOfNext}
	assert.Equal(t, announce, goOnWithRotations(w))

	peer := w.Others["kafka-connect/1"]
	peer.Accounts = "of before"
	w.Others["kafka-connect/1"] = peer
	assert.Nil(t, goOnWithRotations(w))
	assert.Contains(t, status(w).Message, "the gateway of [kafka-connect/1], to change the password of relation-7")
}

func TestTheOldPasswordEndsWithTheOverlap(t *testing.T) {
	t.Parallel()
	w := rotating(t, Rotation{Ends: noon.Add(time.Minute)})
	assert.Nil(t, goOnWithRotations(w))
	w.Now = noon.Add(time.Minute)
	assert.Equal(t, EndRotation{Username: "relation-7"}, goOnWithRotations(w))
	w.Now = noon.AddDate(-20, 0, 0)
	assert.Equal(t, EndRotation{Username: "relation-7"}, goOnWithRotations(w), "the end was set by a clock that was ahead")

	w.Now = noon
	w.Event.Kind, w.Event.Secret = hook.SecretRemove, &hook.SecretEvent{URI: secretOf7, Revision: 1}
	assert.Equal(t, EndRotation{Username: "relation-7"}, goOnWithRotations(w), "nobody reads the old revision any more")
	w.Event.Secret.URI = secretOfOperator
	assert.Nil(t, goOnWithRotations(w))
	w.Leader = false
	assert.Nil(t, goOnWithRotations(w))
}

func TestARelationThatEndsTakesItsNextPasswordAlong(t *testing.T) {
	t.Parallel()
	w := rotating(t, Rotation{Secret: secretOfNext})
	end(w)
	assert.Equal(t, CloseClient{Key: of7, Secrets: []string{secretOf7, secretOfNext}}, next(w))
}

func TestJujuIsToldHowOftenToAsk(t *testing.T) {
	t.Parallel()
	w := settled(t)
	assert.Nil(t, setPolicies(w))
	w.Config.RotationPolicy = "monthly"
	assert.Equal(t, batch{
		SetPolicy{Username: "operator", Secret: secretOfOperator, Policy: "monthly"},
		SetPolicy{Username: "relation-7", Secret: secretOf7, Policy: "monthly"},
	}, setPolicies(w))
	w.Shared.Operator.Policy = "monthly"
	assert.Equal(t, SetPolicy{Username: "relation-7", Secret: secretOf7, Policy: "monthly"}, setPolicies(w))
	w.Leader = false
	assert.Nil(t, setPolicies(w))
}

func TestAnOperatorNamesWhosePasswordChanges(t *testing.T) {
	t.Parallel()
	w := settled(t)
	for meant, want := range map[string][]string{
		"my-integrator": {"relation-7"}, "7": {"relation-7"}, "relation-7": {"relation-7"}, "operator": {"operator"},
		"all": {"operator", "relation-7"}, "1": nil, "": nil,
	} {
		assert.Equal(t, want, w.rotatable(meant), meant)
	}
}

func TestTheOperatorsOwnAccountFollowsItsSecret(t *testing.T) {
	t.Parallel()
	w := settled(t)
	password := accounts.GeneratePassword()
	w.Admin = AdminWish{Username: "alice", Password: password}
	assert.Equal(t, SetAdmin{w.Admin}, next(w))

	hash, err := accounts.HashPassword(password)
	require.NoError(t, err)
	w.Shared.Admin = &accounts.Account{Username: "alice", Hash: hash, Operator: true}
	assert.Nil(t, setAdmin(w))
	assert.Contains(t, w.accounts().Names(), "alice")
	for name, wish := range map[string]AdminWish{
		"another password": {Username: "alice", Password: accounts.GeneratePassword()},
		"another name":     {Username: "bob", Password: password},
		"none any more":    {},
		"unreadable":       {Problem: "config operator-secret cannot be read"},
	} {
		w.Admin = wish
		assert.Equal(t, SetAdmin{wish}, setAdmin(w), name)
	}
	w.Admin = AdminWish{Problem: "config operator-secret cannot be read"}
	assert.Equal(t, hook.Status{Name: hook.Blocked, Message: w.Admin.Problem}, status(w))
}

func TestWhatMakesNoOperatorsAccountIsNamed(t *testing.T) {
	t.Parallel()
	good := accounts.GeneratePassword()
	for problem, content := range map[string]hook.SecretContent{
		"0 characters":    {"username": secret.New("alice")},
		"12 characters":   {"username": secret.New("alice"), "password": secret.New("correct hors")},
		`user name ""`:    {"password": good},
		`user name "a b"`: {"username": secret.New("a b"), "password": good},
		"is the charm's":  {"username": secret.New("relation-1"), "password": good},
		"choose another":  {"username": secret.New("operator"), "password": good},
	} {
		wish := readAdmin(content)
		assert.Contains(t, wish.Problem, problem)
		assert.Empty(t, wish.Username)
		assert.NotContains(t, wish.Problem, good.Reveal())
	}
}
