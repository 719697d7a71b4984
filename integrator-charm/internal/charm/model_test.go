package charm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
)

// charmDir holds the charm as it is packed.
var charmDir = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "integrator")
	if err != nil {
		return "", err
	}
	for _, program := range []struct{ module, pkg, name string }{
		{"../..", "./cmd/connect-integrator", "connect-integrator"},
		{"../..", "./cmd/connect-manager", "connect-manager"},
		{"../../../requirer-lib/supervisor", "github.com/canonical/pebble/cmd/pebble", "pebble"},
	} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", program.name), program.pkg)
		build.Dir = program.module
		if output, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build the charm: %w\n%s", err, output)
		}
	}
	for _, name := range []string{"dispatch", "charmcraft.yaml"} {
		content, err := os.ReadFile("../../" + name)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o755); err != nil {
			return "", err
		}
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := charmDir(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// world is a model with the integrator and a provider that is ready to serve.
type world struct {
	*jujutest.Model
	t       *testing.T
	cluster *connecttest.Server
	id      int // of the relation

	mu     sync.Mutex
	status string            // the provider's status key
	hold   bool              // the provider publishes nothing
	bring  bool              // the provider brings secrets of connectors to its workers
	late   bool              // its workers have not got them yet
	files  map[string]string // that its workers have
}

func newWorld(t *testing.T, options jujutest.DeployOptions) *world {
	t.Helper()
	model, err := jujutest.New(jujutest.Options{HookRetries: -1})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, model.Close()) })
	w := &world{Model: model, t: t, cluster: connecttest.NewServer()}
	t.Cleanup(w.cluster.Close)
	w.cluster.AddPlugin("FileStreamSource", connect.Source)
	dir, err := charmDir()
	require.NoError(t, err)
	require.NoError(t, w.Deploy("integrator", jujutest.FromDir(dir), options))
	provider := []byte("name: provider\nprovides: {connect-client: {interface: connect_client}}\n")
	require.NoError(t, w.Deploy("provider", jujutest.FromFunc(provider, w.provide), jujutest.DeployOptions{}))
	return w
}

// provide is a whole provider: a secret at once, endpoints and grant when there is a request. Secrets of connectors it brings to
// workers that there are not.
func (w *world) provide(ctx context.Context, h *hook.Hook) error {
	if err := w.bringFiles(ctx, h); err != nil {
		return err
	}
	if h.Relation == nil || h.Relation.Endpoint != "connect-client" || h.Kind == hook.RelationBroken {
		return nil
	}
	user := "relation-" + h.Relation.ID.String()
	info, err := h.SecretInfoByLabel(ctx, user)
	if hook.IsNotFound(err) {
		w.cluster.SetPassword(user, "pw-of-relation")
		content := hook.SecretContent{"username": secret.New(user), "password": secret.New("pw-of-relation")}
		_, err = h.SecretAdd(ctx, content, hook.SecretOptions{Label: user})
		return err // granted in a later hook: Juju 4.1-beta2 drops a grant made in this one
	}
	if err != nil {
		return err
	}
	bag, err := h.RelationGet(ctx, h.Relation.ID, h.Relation.RemoteApp)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	changes := hook.Databag{"status": w.status}
	if bag["plugin-url"] != "" && !w.hold {
		if err := h.SecretGrant(ctx, "secret:"+info.ID, h.Relation.ID); err != nil {
			return err
		}
		changes["endpoints"] = w.cluster.URL()
		changes["secret-user"] = fmt.Sprintf("secret://%s/%s", h.ModelUUID, info.ID)
	}
	if w.bring {
		changes["connector-secrets"] = `{"provider":"connector-secrets","path":"/secrets"}`
	}
	return h.RelationSetApp(ctx, h.Relation.ID, changes)
}

// bringFiles has the workers of every relation have what its requirer names, and says so.
func (w *world) bringFiles(ctx context.Context, h *hook.Hook) error {
	ids, err := h.RelationIDs(ctx, "connect-client")
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.late {
		return nil
	}
	w.files = nil
	for _, id := range ids {
		if h.IsEndOf(id) {
			continue
		}
		bag, err := h.RelationGet(ctx, id, "integrator")
		if err != nil || bag["connector-secrets"] == "" {
			return err
		}
		content, err := h.SecretGet(ctx, bag["connector-secrets"], hook.Latest)
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(content["files"].Reveal()), &w.files); err != nil {
			return err
		}
		has := hook.Databag{"connector-secrets": fmt.Sprintf(`{"version":%s}`, content["version"].Reveal())}
		if content["version"].Reveal() == "0" {
			has["connector-secrets"] = ""
		}
		if err := h.RelationSet(ctx, id, has); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) integrate() {
	w.t.Helper()
	id, err := w.Integrate("integrator", "provider")
	require.NoError(w.t, err)
	w.id = id
	w.settle()
}

func (w *world) settle() {
	w.t.Helper()
	require.NoError(w.t, w.Settle(w.t.Context()))
}

func (w *world) configure(state string) {
	w.t.Helper()
	w.set(map[string]any{"state": state})
}

func (w *world) set(options map[string]any) {
	w.t.Helper()
	require.NoError(w.t, w.SetConfig("integrator", options))
	w.settle()
}

// full is a connector's name in Kafka Connect.
func (w *world) full(name string) string {
	return fmt.Sprintf("%s_r%d_%s", name, w.id, strings.ReplaceAll(w.UUID(), "-", ""))
}

func (w *world) requires(unit, status, message string) {
	w.t.Helper()
	info, err := w.Unit(unit)
	require.NoError(w.t, err)
	require.Equal(w.t, status, info.Workload.Current, info.Workload.Message)
	require.Contains(w.t, info.Workload.Message, message)
}

// client asks the cluster as somebody else.
func (w *world) client() *connect.Client {
	w.t.Helper()
	w.cluster.SetPassword("somebody", "pw")
	client, err := connect.New(connect.Config{Endpoints: []string{w.cluster.URL()}, Username: "somebody", Password: secret.New("pw")})
	require.NoError(w.t, err)
	w.t.Cleanup(client.Close)
	return client
}

// wrote is what the integrator has sent since it was last asked, with whole names in the place of a star.
func (w *world) wrote(requests ...string) {
	w.t.Helper()
	for i := range requests {
		requests[i] = strings.ReplaceAll(requests[i], "*", w.full(""))
	}
	require.ElementsMatch(w.t, requests, w.cluster.TakeWrites())
}

// request is what the integrator asks the provider for.
func (w *world) request() map[string]string {
	w.t.Helper()
	bag, err := w.RelationData(w.id, "integrator")
	require.NoError(w.t, err)
	return bag
}

// sole is one connector that runs.
const sole = "connectors: [{name: lines, config: {connector.class: FileStreamSource, file: /tmp/a, tasks.max: 2, version: 1.10}}]"
