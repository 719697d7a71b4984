package hook_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
)

type step func(ctx context.Context, h *hook.Hook) error

// stage is a model with the applications server and client. What their units do in an update-status is the test's to say.
type stage struct {
	*jujutest.Model
	mu   sync.Mutex
	step step
}

const (
	serverMetadata = `
name: server
provides: {db: {interface: sql}}
peers: {cluster: {interface: cluster}}
config:
  options:
    name: {type: string, default: main}
    port: {type: int, default: 8083}
    big: {type: int, default: 9007199254740993}
    ratio: {type: float, default: 0.25}
    on: {type: boolean, default: true}
    unset: {type: string}
resources: {kafka: {type: file, filename: kafka.tgz}, empty: {type: file, filename: empty.tgz}}
storage: {data: {type: filesystem}, many: {type: filesystem, multiple: {range: 0-}}}
actions: {backup: {params: {to: {type: string}, keep: {type: integer}}}, install: {}}
`
	clientMetadata = "name: client\nrequires: {database: {interface: sql}}\n"
)

// newStage makes the model with units of server and client, and with the relation of both, whose id it returns.
func newStage(t *testing.T, server jujutest.DeployOptions) (*stage, hook.RelationID) {
	t.Helper()
	m, err := jujutest.New(jujutest.Options{HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	s := &stage{Model: m}
	require.NoError(t, m.Deploy("server", s.charm(serverMetadata), server))
	require.NoError(t, m.Deploy("client", s.charm(clientMetadata), jujutest.DeployOptions{}))
	id, err := m.Integrate("server", "client")
	require.NoError(t, err)
	s.settle(t)
	return s, hook.RelationID(id)
}

func (s *stage) charm(metadata string) jujutest.Charm {
	return jujutest.FromFunc([]byte(metadata), func(ctx context.Context, h *hook.Hook) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.step == nil || h.Kind != hook.UpdateStatus && h.Kind != hook.Action {
			return nil
		}
		return s.step(ctx, h)
	})
}

// in runs do in an update-status of a unit, which must succeed.
func (s *stage) in(t *testing.T, unit string, do step) {
	t.Helper()
	s.say(do)
	require.NoError(t, s.UpdateStatus(unit))
	s.settle(t)
	s.say(nil)
}

func (s *stage) say(do step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step = do
}

func (s *stage) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, s.Settle(ctx))
}

// content makes a secret's content of plain text.
func content(plain map[string]string) hook.SecretContent {
	content := hook.SecretContent{}
	for key, text := range plain {
		content[key] = secret.New(text)
	}
	return content
}

// refusal asserts that err is a tool's refusal with these words.
func refusal(t *testing.T, err error, tool, message string) {
	t.Helper()
	var refused *hook.ToolError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, tool, refused.Tool)
	assert.Contains(t, refused.Message, message)
	assert.NotZero(t, refused.ExitCode)
}
