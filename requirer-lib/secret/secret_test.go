package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/secret"
)

const password = "hunter2"

// holder has the secret in an unexported field, where package fmt calls no
// method of it.
type holder struct {
	name string
	pass secret.Value
}

type exported struct {
	Pass    secret.Value
	Pointer *secret.Value
}

func TestTextIsNeverPrinted(t *testing.T) {
	t.Parallel()
	value := secret.New(password)
	shown := []any{
		value,
		&value,
		holder{"db", value},
		&holder{"db", value},
		exported{value, &value},
		[]secret.Value{value},
		map[string]secret.Value{"a": value},
		map[secret.Value]int{value: 1},
		errors.Join(fmt.Errorf("opening: %v", value)),
	}
	for _, thing := range shown {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
			text := fmt.Sprintf(verb, thing)
			assert.NotContains(t, text, password, "%s of %T", verb, thing)
			assert.NotContains(t, text, fmt.Sprintf("%x", password), "%s of %T", verb, thing)
		}
	}
	assert.Equal(t, secret.Redacted, fmt.Sprint(value))
}

func TestTextIsNeverMarshalled(t *testing.T) {
	t.Parallel()
	value := secret.New(password)
	text, err := json.Marshal(map[string]any{"value": value, "in": exported{value, &value}, "keyed": map[secret.Value]int{value: 1}})
	require.NoError(t, err)
	assert.NotContains(t, string(text), password)
	assert.Contains(t, string(text), secret.Redacted)
}

func TestTextIsNeverLogged(t *testing.T) {
	t.Parallel()
	value := secret.New(password)
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("account", "password", value, "holder", holder{"db", value}, "exported", exported{value, &value})
	}
	assert.NotContains(t, out.String(), password)
}

func TestValuesCompareByText(t *testing.T) {
	t.Parallel()
	assert.True(t, secret.New(password) == secret.New("hunter"+string(rune('2'))))
	assert.False(t, secret.New(password) == secret.New("hunter3"))
	assert.True(t, secret.New("") == secret.Value{})
	assert.True(t, secret.New("").IsZero())
	assert.False(t, secret.New(password).IsZero())
}

func TestRevealGivesTheText(t *testing.T) {
	t.Parallel()
	assert.Equal(t, password, secret.New(password).Reveal())
	assert.Empty(t, secret.Value{}.Reveal())
}
