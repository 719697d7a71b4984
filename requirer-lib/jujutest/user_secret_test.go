package jujutest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// TestAUserSecretIsReadByWhomItIsGrantedTo deploys a charm that reads the secret in its option, in every hook.
func TestAUserSecretIsReadByWhomItIsGrantedTo(t *testing.T) {
	t.Parallel()
	model := newModel(t, jujutest.Options{})
	var read string
	var refused error
	var hooks []hook.Kind
	charm := jujutest.FromFunc([]byte("name: reader\nconfig:\n  options:\n    login: {type: secret}\n"), func(ctx context.Context, h *hook.Hook) error {
		hooks = append(hooks, h.Kind)
		options, err := h.ConfigGet(ctx)
		if err != nil || options.String("login") == "" {
			return err
		}
		content, err := h.SecretGet(ctx, options.String("login"), hook.Latest)
		read, refused = content["password"].Reveal(), err
		return nil
	})
	uri, err := model.AddSecret("login", map[string]string{"password": "one"})
	require.NoError(t, err)
	_, err = model.AddSecret("login", map[string]string{"password": "two"})
	require.ErrorContains(t, err, "already exists")
	_, err = model.AddSecret("bad", map[string]string{"P": "x"})
	require.ErrorContains(t, err, `key "P" not valid`)
	require.NoError(t, model.Deploy("reader", charm, jujutest.DeployOptions{Config: map[string]any{"login": uri}}))
	settle(t, model)
	require.ErrorContains(t, refused, "not allowed to read this secret")

	require.NoError(t, model.GrantSecret(uri, "reader"))
	require.NoError(t, model.UpdateStatus())
	settle(t, model)
	require.NoError(t, refused)
	assert.Equal(t, "one", read)

	hooks = nil
	require.NoError(t, model.UpdateSecret(uri, map[string]string{"password": "two"}))
	settle(t, model)
	assert.Equal(t, "two", read)
	assert.Equal(t, []hook.Kind{hook.SecretChanged}, hooks)

	require.NoError(t, model.RevokeSecret(uri, "reader"))
	require.NoError(t, model.UpdateStatus())
	settle(t, model)
	require.Error(t, refused)
	require.NoError(t, model.RemoveSecret(uri))
	assert.Error(t, model.GrantSecret(uri, "reader"))
}
