package hook_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestRelationsAreListedWithTheirOtherSide(t *testing.T) {
	t.Parallel()
	s, id := newStage(t, jujutest.DeployOptions{Units: 2})
	s.in(t, "client/0", func(ctx context.Context, h *hook.Hook) error {
		ids, err := h.RelationIDs(ctx, "database")
		require.NoError(t, err)
		assert.Equal(t, []hook.RelationID{id}, ids)
		units, err := h.RelationUnits(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, []string{"server/0", "server/1"}, units)
		app, err := h.RelationApp(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, "server", app)
		model, err := h.RelationModelUUID(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, h.ModelUUID, model)
		ids, err = h.RelationIDs(ctx, "nothing")
		require.NoError(t, err)
		assert.Empty(t, ids)
		return nil
	})
}

func TestRelationIDsAreInTheOrderOfTheirNumbers(t *testing.T) {
	t.Parallel()
	s, first := newStage(t, jujutest.DeployOptions{})
	want := []hook.RelationID{first}
	for _, name := range []string{"b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		require.NoError(t, s.Deploy(name, s.charm(clientMetadata), jujutest.DeployOptions{Units: -1}))
		id, err := s.Integrate("server", name)
		require.NoError(t, err)
		want = append(want, hook.RelationID(id))
	}
	s.settle(t)
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		ids, err := h.RelationIDs(ctx, "db")
		assert.Equal(t, want, ids)
		return err
	})
}

func TestDatabagsAreReadAsTheyWillBeWhenTheHookSucceeds(t *testing.T) {
	t.Parallel()
	s, id := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, h.RelationSet(ctx, id, hook.Databag{"a": "1", "b": "2"}))
		require.NoError(t, h.RelationSetApp(ctx, id, hook.Databag{"app": "1"}))
		require.NoError(t, h.RelationSet(ctx, id, hook.Databag{"b": ""}))
		require.NoError(t, h.RelationSet(ctx, id, nil), "no change asks for nothing")
		own, err := h.RelationGet(ctx, id, h.Unit)
		require.NoError(t, err)
		assert.Equal(t, "1", own["a"])
		assert.NotContains(t, own, "b")
		app, err := h.RelationGet(ctx, id, h.Application())
		require.NoError(t, err)
		assert.Equal(t, hook.Databag{"app": "1"}, app)
		return nil
	})
	s.in(t, "client/0", func(ctx context.Context, h *hook.Hook) error {
		unit, err := h.RelationGet(ctx, id, "server/0")
		require.NoError(t, err)
		assert.Equal(t, "1", unit["a"])
		app, err := h.RelationGet(ctx, id, "server")
		require.NoError(t, err)
		assert.Equal(t, hook.Databag{"app": "1"}, app)
		return nil
	})
}

func TestAnEmptyDatabagCanBeWrittenInto(t *testing.T) {
	t.Parallel()
	s, id := newStage(t, jujutest.DeployOptions{})
	s.in(t, "client/0", func(ctx context.Context, h *hook.Hook) error {
		bag, err := h.RelationGet(ctx, id, "server")
		require.NoError(t, err)
		assert.Empty(t, bag)
		assert.NotNil(t, bag)
		return nil
	})
	h := withAnswer(t, "null")
	bag, err := h.RelationGet(t.Context(), 1, "server")
	require.NoError(t, err)
	assert.NotNil(t, bag)
	state, err := h.StateGet(t.Context())
	require.NoError(t, err)
	assert.NotNil(t, state)
	config, err := h.ConfigGet(t.Context())
	require.NoError(t, err)
	assert.NotNil(t, config)
}

// hostile are texts that lose their shape when they are quoted badly.
var hostile = map[string]string{
	"plain": "plain", "lines": "one\ntwo\r\n\n", "quotes": `"'\`, "yaml": "{a: [b, *c]} # & ! | > %", "dash": "--file", "number": "0042",
	"truth": "true", "null": "null", "space": "  a  ", "tab": "\t", "control": "\x01\x1f\x7f\u0085\u009f", "separators": "\u2028\u2029",
	"bom": "\ufeffa\ufffe\uffff", "wide": "Ω 漢 🙂 \U0010ffff", "html": "<&>", "equals": "a=b=c",
}

func TestEveryTextComesThroughADatabagUnchanged(t *testing.T) {
	t.Parallel()
	s, id := newStage(t, jujutest.DeployOptions{})
	s.in(t, "client/0", func(ctx context.Context, h *hook.Hook) error { return h.RelationSetApp(ctx, id, hostile) })
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		bag, err := h.RelationGet(ctx, id, "client")
		assert.Equal(t, hook.Databag(hostile), bag)
		return err
	})
}

func TestWhatIsNotTextIsRefusedWithoutShowingIt(t *testing.T) {
	t.Parallel()
	h := withAnswer(t, "")
	for what, err := range map[string]error{
		"relation-set": h.RelationSet(t.Context(), 1, hook.Databag{"key": "s3cret\xff"}),
		"state-set":    h.StateSet(t.Context(), hook.State{"key": "s3cret\xff"}),
		"secret-set":   h.SecretSet(t.Context(), "secret:a", content(map[string]string{"key": "s3cret\xff"}), hook.SecretOptions{}),
	} {
		require.ErrorContains(t, err, what+`: the value of "key" is not UTF-8 text`)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

func TestOnlyTheLeaderWritesTheApplicationsDatabag(t *testing.T) {
	t.Parallel()
	s, id := newStage(t, jujutest.DeployOptions{Units: 2})
	s.in(t, "server/1", func(ctx context.Context, h *hook.Hook) error {
		refusal(t, h.RelationSetApp(ctx, id, hook.Databag{"a": "b"}), "relation-set", "cannot write relation settings")
		_, err := h.RelationGet(ctx, id+99, "client")
		refusal(t, err, "relation-get", "relation not found")
		return nil
	})
}
