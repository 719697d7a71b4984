package hook_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestAResourceIsAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kafka.tgz")
	require.NoError(t, os.WriteFile(file, []byte("kafka"), 0o600))
	s, _ := newStage(t, jujutest.DeployOptions{Resources: map[string]string{"kafka": file}})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		path, err := h.ResourceGet(ctx, "kafka")
		require.NoError(t, err)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "kafka", string(text))
		_, err = h.ResourceGet(ctx, "empty")
		refusal(t, err, "resource-get", "could not download resource")
		assert.True(t, hook.IsNotFound(err))
		return nil
	})
}

func TestStorageIsListedDescribedAndAdded(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		ids, err := h.StorageList(ctx, "data")
		require.NoError(t, err)
		require.Len(t, ids, 1)
		storage, err := h.StorageGet(ctx, ids[0])
		require.NoError(t, err)
		assert.Equal(t, hook.Storage{ID: ids[0], Kind: "filesystem", Location: storage.Location}, storage)
		assert.DirExists(t, storage.Location)
		_, err = h.StorageGet(ctx, "data/99")
		refusal(t, err, "storage-get", "not found")
		return h.StorageAdd(ctx, "many", 2)
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		many, err := h.StorageList(ctx, "many")
		require.NoError(t, err)
		assert.Len(t, many, 2)
		all, err := h.StorageList(ctx, "")
		assert.Len(t, all, 3)
		return err
	})
}

func TestStateIsKeptWhenTheHookSucceeds(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	state := func() (state hook.State) {
		s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) (err error) {
			state, err = h.StateGet(ctx)
			return err
		})
		return state
	}
	assert.Equal(t, hook.State{}, state())
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, h.StateSet(ctx, nil))
		require.NoError(t, h.StateSet(ctx, hook.State{"--key": "v"}))
		refusal(t, h.StateSet(ctx, hook.State{strings.Repeat("k", 300): ""}), "state-set", "max allowed key length")
		return h.StateSet(ctx, hostile)
	})
	want := hook.State{"--key": "v"}
	for key, value := range hostile {
		want[key] = value
	}
	assert.Equal(t, want, state())
	for key := range want {
		s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error { return h.StateDelete(ctx, key) })
	}
	assert.Empty(t, state())
}
