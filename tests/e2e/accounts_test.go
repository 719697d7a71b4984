package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/pair"
)

// answers says what every published endpoint answers to credentials.
func (s *stage) answers(relation int, content map[string]string) (codes []int) {
	s.t.Helper()
	for _, endpoint := range s.published(relation).Endpoints {
		codes = append(codes, s.ask(endpoint, content))
	}
	return codes
}

func (s *stage) action(unit, name string, params map[string]any) jujutest.ActionResult {
	s.t.Helper()
	result, err := s.RunAction(s.t.Context(), unit, name, params)
	require.NoError(s.t, err)
	return result
}

var (
	accepted = []int{http.StatusOK, http.StatusOK}
	refused  = []int{http.StatusUnauthorized, http.StatusUnauthorized}
)

// reader deploys a client that reads its secret in every hook: the latest revision, or while it lags the one that it read first.
func (s *stage) reader(app string) (lags *atomic.Bool) {
	s.t.Helper()
	lags = &atomic.Bool{}
	metadata := fmt.Sprintf("name: %s\nrequires:\n  connect-client:\n    interface: connect_client\n", app)
	require.NoError(s.t, s.Deploy(app, jujutest.FromFunc([]byte(metadata), func(ctx context.Context, h *hook.Hook) error {
		if h.Relation == nil && h.Secret == nil && h.Kind != hook.UpdateStatus {
			return nil
		}
		ids, err := h.RelationIDs(ctx, "connect-client")
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := h.RelationSetApp(ctx, ids[0], hook.Databag{"plugin-url": "NOT-REQUIRED", "requested-secrets": pair.BothSecrets}); err != nil {
			return err
		}
		bag, err := h.RelationGet(ctx, ids[0], provider)
		if err != nil || bag["secret-user"] == "" {
			return err
		}
		tracking := hook.Latest
		if lags.Load() {
			tracking = hook.Tracked
		}
		_, err = h.SecretGet(ctx, bag["secret-user"], tracking)
		return err
	}), jujutest.DeployOptions{}))
	return lags
}

// TestPasswordsChangeWithAnOverlap changes them by the action and as Juju asks for it, on two units.
func TestPasswordsChangeWithAnOverlap(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, map[string]any{"credentials-rotation": "monthly"})
	lags := s.reader("client")
	relation := s.integrate("client")
	s.settle()
	uri := s.published(relation).SecretUser
	first := s.credentials(s.published(relation))
	require.Equal(t, accepted, s.answers(relation, first))
	for _, secret := range s.Secrets() {
		if strings.HasSuffix(secret.Label, ".user.secret") {
			assert.Equal(t, "monthly", secret.Rotate, secret.Label)
		}
	}

	lags.Store(true)
	leader := s.Leader(provider)
	result := s.action(leader, "rotate-credentials", map[string]any{"client": "client"})
	require.Equal(t, "completed", result.Status, result.Message)
	s.settle()
	second := s.credentials(s.published(relation))
	assert.NotEqual(t, first["password"], second["password"])
	assert.Equal(t, uri, s.published(relation).SecretUser, "another revision, not another secret")
	assert.Equal(t, accepted, s.answers(relation, second))
	assert.Equal(t, accepted, s.answers(relation, first), "the overlap")
	require.NoError(t, s.RotateSecret(uri.String()))
	s.settle()
	assert.Equal(t, second, s.credentials(s.published(relation)), "a rotation under way is not begun again")

	lags.Store(false)
	require.NoError(t, s.UpdateStatus("client/0"))
	s.settle()
	assert.Equal(t, refused, s.answers(relation, first), "nobody reads the old revision any more")
	assert.Equal(t, accepted, s.answers(relation, second))

	lags.Store(true)
	require.NoError(t, s.SetConfig(provider, map[string]any{"credentials-overlap": 0}))
	require.NoError(t, s.RotateSecret(uri.String()))
	s.settle()
	third := s.credentials(s.published(relation))
	assert.NotEqual(t, second["password"], third["password"])
	assert.Equal(t, accepted, s.answers(relation, third))
	assert.Equal(t, refused, s.answers(relation, second), "without an overlap")

	require.NoError(t, s.SetConfig(provider, map[string]any{"credentials-overlap": 60}))
	result = s.action(leader, "rotate-credentials", map[string]any{"client": "all", "revoke": true})
	require.Equal(t, "completed", result.Status, result.Message)
	s.settle()
	assert.Equal(t, refused, s.answers(relation, third), "revoked")
	assert.Equal(t, accepted, s.answers(relation, s.credentials(s.published(relation))))
	for _, secret := range s.Secrets() {
		assert.NotContains(t, secret.Label, ".next", "the next password's own secret is gone")
	}

	result = s.action(leader, "rotate-credentials", map[string]any{"client": "nobody"})
	assert.Contains(t, result.Message, "list-clients")
	for _, unit := range []string{provider + "/0", provider + "/1"} {
		if unit != leader {
			assert.Contains(t, s.action(unit, "rotate-credentials", map[string]any{"client": "all"}).Message, provider+"/leader")
		}
	}
}

// TestTheOperatorHasAnAccount follows a user secret from its grant to its end, and the charm's own.
func TestTheOperatorHasAnAccount(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.client("client", "NOT-REQUIRED")
	relation := s.integrate("client")
	s.settle()
	admin := func(content map[string]string) int { return s.ask(s.published(relation).Endpoints[0], content) }
	login := map[string]string{"username": "alice", "password": "0123456789abcdef0123456789abcdef"}
	uri, err := s.AddSecret("login", login)
	require.NoError(t, err)
	require.NoError(t, s.SetConfig(provider, map[string]any{"operator-secret": uri}))
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "juju grant-secret "+uri)
	assert.Equal(t, http.StatusUnauthorized, admin(login))

	require.NoError(t, s.GrantSecret(uri, provider))
	s.updateStatus()
	s.requireStatus(provider+"/0", "active", "1 client")
	assert.Equal(t, http.StatusOK, admin(login))

	changed := map[string]string{"username": "alice", "password": "another-0123456789abcdef01234567"}
	require.NoError(t, s.UpdateSecret(uri, changed))
	s.settle()
	assert.Equal(t, http.StatusUnauthorized, admin(login))
	assert.Equal(t, http.StatusOK, admin(changed))

	require.NoError(t, s.RevokeSecret(uri, provider))
	s.updateStatus()
	assert.Equal(t, http.StatusUnauthorized, admin(changed), "closed when in doubt")

	result := s.action(provider+"/0", "get-operator-password", nil)
	own, err := s.RevealSecret(result.Results["secret"].(string))
	require.NoError(t, err)
	assert.Equal(t, "operator", own["username"])
	assert.Equal(t, http.StatusOK, admin(own))
	assert.NotContains(t, fmt.Sprint(result.Results), own["password"])
}
