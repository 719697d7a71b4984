// Package interop holds the charms to libraries that others' charms are built on, in the versions of
// testdata/requirements.txt.
package interop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"path"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
)

const (
	unit = "kafka-connect/0"
	// patience is how long hooks may run, and a unit may wait, on a busy machine.
	patience = 5 * time.Minute
)

// authority is a charm that provides certificates. What it writes, charmlibs-interfaces-tls-certificates writes.
type authority struct {
	python string

	mu      sync.Mutex
	does    string // issue, refuse or revoke
	ca, key string
}

func (a *authority) hook(ctx context.Context, h *hook.Hook) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	ids, err := h.RelationIDs(ctx, "certificates")
	if err != nil || len(ids) == 0 || h.Kind == hook.RelationBroken {
		return err
	}
	units := map[string]hook.Databag{}
	listed, err := h.RelationUnits(ctx, ids[0])
	if err != nil {
		return err
	}
	for _, unit := range listed {
		if units[path.Base(unit)], err = h.RelationGet(ctx, ids[0], unit); err != nil {
			return err
		}
	}
	own, err := h.RelationGet(ctx, ids[0], h.Application())
	if err != nil || len(units) == 0 {
		return err
	}
	answer, err := a.run(ctx, units, own)
	if err != nil {
		return err
	}
	for key := range own {
		if _, stays := answer[key]; !stays {
			answer[key] = ""
		}
	}
	return h.RelationSetApp(ctx, ids[0], answer)
}

func (a *authority) run(ctx context.Context, units map[string]hook.Databag, own hook.Databag) (hook.Databag, error) {
	input, err := json.Marshal(map[string]any{"does": a.does, "ca": a.ca, "key": a.key, "units": units, "app": own})
	if err != nil {
		return nil, err
	}
	output, err := runPython(ctx, a.python, authorityScript, input)
	if err != nil {
		return nil, err
	}
	var answer struct {
		CA, Key string
		App     hook.Databag
	}
	err = json.Unmarshal(output, &answer)
	a.ca, a.key = answer.CA, answer.Key
	return answer.App, err
}

func (a *authority) next(does string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.does = does
}

// TestPythonLibraryIssuesWhatTheCharmAsksFor has the library answer a unit's request and the unit's gateway show the
// answer; then the library takes it back and refuses, and the unit says so and goes on with what it has.
func TestPythonLibraryIssuesWhatTheCharmAsksFor(t *testing.T) {
	t.Parallel()
	a := &authority{python: needPython(t), does: "issue"}
	model := newModel(t)
	require.NoError(t, model.Deploy("authority", jujutest.FromFunc(
		[]byte("name: authority\nprovides:\n  certificates:\n    interface: tls-certificates\n"), a.hook), jujutest.DeployOptions{}))
	_, err := model.Integrate("kafka-connect", "authority")
	require.NoError(t, err)
	settle(t, model)
	first := shown(t, model, a.ca)
	assert.WithinDuration(t, time.Now().Add(24*time.Hour), first.NotAfter, time.Hour)

	a.next("revoke")
	settle(t, model, "authority/0")
	status, _ := model.StatusOf(unit)
	assert.Equal(t, "relation certificates: the certificate was revoked by its provider", status.Message)
	a.next("refuse")
	settle(t, model, unit) // it asks anew at update-status
	status, _ = model.StatusOf(unit)
	assert.Equal(t, "relation certificates: the provider refuses the request: no addresses here (101)", status.Message)
	assert.True(t, first.Equal(shown(t, model, a.ca)), "what was shown goes on")

	a.next("issue")
	settle(t, model, "authority/0")
	assert.False(t, first.Equal(shown(t, model, a.ca)), "another certificate")
}

// newModel has one unit of kafka-connect, without Kafka: the gateway runs all the same.
func newModel(t *testing.T) *jujutest.Model {
	t.Helper()
	kept, err := cache.Dir()
	require.NoError(t, err)
	built, err := charms.Build(t.Context(), filepath.Join(kept, "charms"))
	require.NoError(t, err)
	model, err := jujutest.New(jujutest.Options{PebbleBinary: built.Pebble})
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(model.Status())
		}
		require.NoError(t, model.Close())
	})
	require.NoError(t, model.Deploy("kafka-connect", jujutest.FromDir(built.KafkaConnect), jujutest.DeployOptions{
		Config: map[string]any{"bootstrap-servers": "127.0.0.1:1"},
	}))
	settle(t, model)
	return model
}

// settle runs the hooks that are due, after update-status of these units.
func settle(t *testing.T, model *jujutest.Model, updated ...string) {
	t.Helper()
	if len(updated) > 0 {
		require.NoError(t, model.UpdateStatus(updated...))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, model.Settle(ctx))
}

// shown is the certificate that the unit's gateway shows to a client that trusts this CA and no other.
func shown(t *testing.T, model *jujutest.Model, ca string) *x509.Certificate {
	t.Helper()
	info, err := model.Unit(unit)
	require.NoError(t, err)
	trusted := x509.NewCertPool()
	require.True(t, trusted.AppendCertsFromPEM([]byte(ca)))
	connection, err := tls.Dial("tcp", net.JoinHostPort(info.Address, "8083"), &tls.Config{RootCAs: trusted})
	require.NoError(t, err)
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0]
}
