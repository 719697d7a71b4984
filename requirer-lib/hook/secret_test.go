package hook_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestASecretLivesFromAddToRemove(t *testing.T) {
	t.Parallel()
	s, id := newStage(t, jujutest.DeployOptions{})
	expire := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	first := map[string]string{"username": "me", "password": "one"}
	second := map[string]string{"username": "me", "password": "two"}
	var uri string
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) (err error) {
		uri, err = h.SecretAdd(ctx, content(first), hook.SecretOptions{
			Label: "user", Description: "-- of the client", Rotate: "monthly", Expire: expire,
		})
		assert.True(t, strings.HasPrefix(uri, "secret:"), uri)
		return err
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, h.SecretGrant(ctx, uri, id))
		require.NoError(t, h.SecretGrant(ctx, uri, id), "granting again is harmless")
		return nil
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error { // the hook of the grant does not see it
		ids, err := h.SecretIDs(ctx)
		require.NoError(t, err)
		require.Len(t, ids, 1)
		assert.True(t, strings.HasSuffix(uri, "/"+ids[0]), uri)
		byLabel, err := h.SecretInfoByLabel(ctx, "user")
		require.NoError(t, err)
		byURI, err := h.SecretInfo(ctx, uri)
		require.NoError(t, err)
		assert.Equal(t, byURI, byLabel)
		assert.Equal(t, ids[0], byURI.ID)
		assert.Equal(t, "application", byURI.Owner)
		assert.Equal(t, "-- of the client", byURI.Description)
		assert.Equal(t, "monthly", byURI.Rotation)
		assert.Equal(t, 1, byURI.Revision)
		assert.Equal(t, expire, byURI.Expiry.UTC())
		require.Len(t, byURI.Access, 1)
		assert.Equal(t, "application-client", byURI.Access[0].Target)
		return nil
	})
	s.in(t, "client/0", func(ctx context.Context, h *hook.Hook) error {
		got, err := h.SecretGet(ctx, uri, hook.Tracked)
		assert.Equal(t, content(first), got)
		return err
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		return h.SecretSet(ctx, uri, content(second), hook.SecretOptions{Label: "renamed"})
	})
	s.in(t, "client/0", func(ctx context.Context, h *hook.Hook) error {
		for _, read := range []struct {
			tracking hook.Tracking
			want     map[string]string
		}{{hook.Tracked, first}, {hook.Peek, second}, {hook.Tracked, first}, {hook.Latest, second}, {hook.Tracked, second}} {
			got, err := h.SecretGet(ctx, uri, read.tracking)
			require.NoError(t, err)
			assert.Equal(t, content(read.want), got, "%q", read.tracking)
		}
		return nil
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		got, err := h.SecretGetByLabel(ctx, "renamed", hook.Peek)
		require.NoError(t, err)
		assert.Equal(t, content(second), got)
		require.NoError(t, h.SecretRemove(ctx, uri, 1))
		return h.SecretRevoke(ctx, uri, id)
	})
	s.in(t, "client/0", func(ctx context.Context, h *hook.Hook) error {
		_, err := h.SecretGet(ctx, uri, hook.Latest)
		refusal(t, err, "secret-get", "not allowed")
		why, is := hook.IsUnreadable(err)
		assert.True(t, is)
		assert.Contains(t, why, "not allowed")
		_, is = hook.IsUnreadable(errors.New("it is not allowed, but no tool said so"))
		assert.False(t, is)
		return nil
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error { return h.SecretRemove(ctx, uri, 0) })
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		ids, err := h.SecretIDs(ctx)
		assert.Empty(t, ids)
		_, missing := h.SecretInfoByLabel(ctx, "renamed")
		assert.True(t, hook.IsNotFound(missing))
		return err
	})
}

func TestPropertiesChangeWithoutANewRevision(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	var uri string
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) (err error) {
		uri, err = h.SecretAdd(ctx, content(map[string]string{"key": "value"}), hook.SecretOptions{Label: "a"})
		return err
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		return h.SecretSet(ctx, uri, nil, hook.SecretOptions{Label: "b", Rotate: "daily"})
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		info, err := h.SecretInfo(ctx, uri)
		assert.Equal(t, 1, info.Revision)
		assert.Equal(t, "b", info.Label)
		assert.Equal(t, "daily", info.Rotation)
		return err
	})
}

func TestASecretOfAUnitNeedsNoLeader(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{Units: 2})
	s.in(t, "server/1", func(ctx context.Context, h *hook.Hook) error {
		_, err := h.SecretAdd(ctx, content(map[string]string{"key": "value"}), hook.SecretOptions{})
		refusal(t, err, "secret-add", "not the leader")
		_, err = h.SecretAdd(ctx, content(map[string]string{"key": "value"}), hook.SecretOptions{OwnedByUnit: true, Label: "mine"})
		require.NoError(t, err)
		info, err := h.SecretInfoByLabel(ctx, "mine")
		assert.Equal(t, "unit", info.Owner)
		return err
	})
}

func TestEveryTextComesThroughASecretUnchanged(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		_, err := h.SecretAdd(ctx, content(hostile), hook.SecretOptions{Label: "hostile"})
		return err
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		got, err := h.SecretGetByLabel(ctx, "hostile", hook.Tracked)
		assert.Equal(t, content(hostile), got)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", got, got, got), "漢")
		return err
	})
}

func TestAnEmptySecretIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		_, err := h.SecretAdd(ctx, nil, hook.SecretOptions{})
		refusal(t, err, "secret-add", "missing secret value")
		return nil
	})
}

func TestAKeyWithAMarkIsRefused(t *testing.T) {
	t.Parallel()
	_, err := withAnswer(t, "").SecretAdd(t.Context(), content(map[string]string{"key#file": "/etc/shadow"}), hook.SecretOptions{})
	assert.ErrorContains(t, err, `secret-add: the key "key#file" has a mark`)
}

func TestAURIFromADatabagCannotBeAnOption(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"", "--label=admin", "-h"} {
		fake := &tools{}
		h := fake.hook(t)
		_, get := h.SecretGet(t.Context(), uri, hook.Latest)
		_, info := h.SecretInfo(t.Context(), uri)
		for tool, err := range map[string]error{
			"secret-get": get, "secret-info-get": info,
			"secret-set":    h.SecretSet(t.Context(), uri, nil, hook.SecretOptions{}),
			"secret-grant":  h.SecretGrant(t.Context(), uri, 1),
			"secret-revoke": h.SecretRevoke(t.Context(), uri, 1),
			"secret-remove": h.SecretRemove(t.Context(), uri, 0),
		} {
			assert.EqualError(t, err, fmt.Sprintf("%s: %q is not a secret's URI", tool, uri))
		}
		assert.Empty(t, fake.calls)
	}
}

func TestASecretThatNobodyAnswersForIsNotFound(t *testing.T) {
	t.Parallel()
	_, err := withAnswer(t, "{}").SecretInfo(t.Context(), "secret:a")
	assert.True(t, hook.IsNotFound(err))
}
