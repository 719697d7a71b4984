package connectclient_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/schemas"
)

// seen is what each unit's last hook saw of each of its relations.
type seen struct {
	mu      sync.Mutex
	of      map[string]string
	version schemas.Version
}

func (s *seen) dispatch(ctx context.Context, h *hook.Hook) error {
	client := connectclient.New(h, connectclient.Options{Version: s.version})
	if err := client.Request(ctx, connectclient.NotRequired()); err != nil {
		return err
	}
	connections, err := client.Connections(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, connection := range connections {
		err := connection.Ready(ctx)
		if _, notReady := connectclient.Status(err); err != nil && !notReady {
			return err
		}
		s.of[fmt.Sprintf("%s %d", h.Unit, connection.RelationID())] = fmt.Sprintf("%s %v %v", connection.Provider(), err, connection.Endpoints())
	}
	return nil
}

// Leader or not, in either version.
func TestEveryUnitHasAConnectionForEachRelation(t *testing.T) {
	t.Parallel()
	for _, version := range []schemas.Version{schemas.V0, schemas.V1} {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			saw := &seen{of: map[string]string{}, version: version}
			m, err := jujutest.New(jujutest.Options{HookRetries: -1})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, m.Close()) })
			require.NoError(t, m.Deploy("client", jujutest.FromFunc([]byte(requirerYAML), saw.dispatch), jujutest.DeployOptions{Units: 2}))
			want := map[string]string{}
			for _, app := range []string{"first", "second"} {
				server := connecttest.NewServer()
				t.Cleanup(server.Close)
				require.NoError(t, m.Deploy(app, server.Provider(), jujutest.DeployOptions{}))
				id, err := m.Integrate("client", app)
				require.NoError(t, err)
				for _, unit := range m.Units("client") {
					want[fmt.Sprintf("%s %d", unit, id)] = fmt.Sprintf("%s <nil> [%s]", app, server.URL())
				}
			}
			require.NoError(t, m.Settle(t.Context()))
			require.NoError(t, m.UpdateStatus()) // grants come in a later hook than their secrets
			require.NoError(t, m.Settle(t.Context()))
			assert.Equal(t, want, saw.of)
		})
	}
}
