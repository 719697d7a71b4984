package charm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/unixsocket"
)

// renewing is a connector that may change its file itself, which is secret.
const renewing = "connectors: [{name: lines, control: {secret: [file]}, config: {connector.class: FileStreamSource, file: /tmp/a, topic: t}}]"

// bringing is a world whose provider brings secrets of connectors to its workers.
func bringing(t *testing.T, options jujutest.DeployOptions) *world {
	t.Helper()
	w := newWorld(t, options)
	w.bring = true
	w.integrate()
	return w
}

// message is a control message that changes keys.
func message(changes map[string]any) map[string]any {
	return map[string]any{
		"type": "CONNECTOR_CONFIG", "emitted_at": float64(time.Now().UnixMicro()) / 1000, "connectorConfig": map[string]any{"config": changes},
	}
}

// say sends a control message for the connector lines to the manager of a unit, over its socket.
func (w *world) say(unit string, changes map[string]any) (status int, answer string) {
	w.t.Helper()
	info, err := w.Unit(unit)
	require.NoError(w.t, err)
	socket := filepath.Join(info.Root, "var/lib", strings.ReplaceAll(unit, "/", "-"), "manager/socket")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return unixsocket.Dial(ctx, socket)
	}}}
	body, err := json.Marshal(message(changes))
	require.NoError(w.t, err)
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://manager/connectors/lines/control", bytes.NewReader(body))
	require.NoError(w.t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	require.NoError(w.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return response.StatusCode, string(text)
}

// until settles the model until something holds: what a manager does by itself, nobody waits for.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		w.settle()
		if holds() {
			return
		}
		require.True(w.t, time.Now().Before(deadline), "never: %s\n%s", what, w.Status())
		select {
		case <-time.After(20 * time.Millisecond):
		case <-w.t.Context().Done():
		}
	}
}

// file is the value of the connector's key file, as its worker sees it.
func (w *world) file() string {
	value := w.cluster.Config(w.full("lines"))["file"]
	name, is := strings.CutPrefix(value, "${connector-secrets:/secrets:")
	if !is {
		return value
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.files[strings.TrimSuffix(name, "}")]
}

// labels are those of the integrator's secrets.
func (w *world) labels() (labels []string) {
	for _, one := range w.Secrets() {
		if one.Owner == "integrator" {
			labels = append(labels, one.Label)
		}
	}
	slices.Sort(labels)
	return labels
}

func TestASecretOfAControlMessageReachesTheWorkersAsAFileAndTheConnectorAsAReference(t *testing.T) {
	t.Parallel()
	w := bringing(t, jujutest.DeployOptions{Config: map[string]any{"state": renewing}})
	w.requires("integrator/0", "active", "1 connector")
	w.mu.Lock()
	w.late = true
	w.mu.Unlock()
	w.cluster.TakeWrites()
	status, answer := w.say("integrator/0", map[string]any{"file": "/tmp/hunter2"})
	require.Equal(t, http.StatusAccepted, status, answer)
	w.until("the secret is kept", func() bool { return slices.Contains(w.labels(), fmt.Sprintf("overlays-%d", w.id)) })
	assert.Equal(t, "/tmp/a", w.file(), "no worker has it yet")
	assert.Empty(t, w.cluster.TakeWrites())
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	w.requires("integrator/0", "waiting", "what connector lines has changed: ")

	w.mu.Lock()
	w.late = false
	w.mu.Unlock()
	require.NoError(t, w.UpdateStatus("provider/0"))
	w.until("the connector has it", func() bool { return w.file() == "/tmp/hunter2" })
	w.wrote("PUT /connectors/lines*/config")
	w.until("the status says so", func() bool {
		info, err := w.Unit("integrator/0")
		require.NoError(t, err)
		return info.Workload.Current == "active"
	})
	w.told("integrator/0", "sync", nil, nil)
	assert.Equal(t, "/tmp/hunter2", w.file(), "a sync does not undo it")
	var shown any
	w.told("integrator/0", "show-overlays", map[string]any{"names": "lines"}, &shown)
	w.requireHidden("hunter2")
}

func TestAnActionSendsAControlMessageAndTakesItBack(t *testing.T) {
	t.Parallel()
	w := bringing(t, jujutest.DeployOptions{Config: map[string]any{"state": renewing}})
	text, err := json.Marshal(message(map[string]any{"file": "/tmp/hunter3"}))
	require.NoError(t, err)
	uri, err := w.AddSecret("renewed", map[string]string{"message": string(text)})
	require.NoError(t, err)
	params := map[string]any{"name": "lines", "secret": uri}
	assert.Contains(t, w.act("integrator/0", "control", params).Message, "juju grant-secret")
	require.NoError(t, w.GrantSecret(uri, "integrator"))
	w.told("integrator/0", "control", params, nil)
	w.until("the connector has it", func() bool { return w.file() == "/tmp/hunter3" })
	w.told("integrator/0", "clear-overlay", map[string]any{"name": "lines", "keys": "file"}, nil)
	w.until("the state file holds again", func() bool { return w.file() == "/tmp/a" })
	w.requireHidden("hunter3")

	for says, params := range map[string]map[string]any{
		"where is the message?":  {"name": "lines"},
		"the message is no JSON": {"name": "lines", "message": "{"},
		"connector.class":        {"name": "lines", "message": string(mustJSON(t, message(map[string]any{"connector.class": "X"})))},
	} {
		result := w.act("integrator/0", "control", params)
		assert.Equal(t, "failed", result.Status)
		assert.Contains(t, result.Message, says)
	}
}

func mustJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}

func TestANewLeaderUndoesNothingThatAConnectorHasChanged(t *testing.T) {
	t.Parallel()
	w := bringing(t, jujutest.DeployOptions{Units: 2, Config: map[string]any{"state": renewing}})
	first := w.Leader("integrator")
	second := w.other(first)
	status, answer := w.say(first, map[string]any{"file": "/tmp/hunter4", "topic": "other"})
	require.Less(t, status, 300, answer)
	w.until("the connector has it", func() bool { return w.file() == "/tmp/hunter4" })
	w.until("all is quiet", func() bool { return len(w.cluster.TakeWrites()) == 0 })

	require.NoError(t, w.SetLeader(second))
	w.settle()
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires(second, "active", "1 connector")
	w.told(second, "sync", nil, nil)
	assert.Empty(t, w.cluster.TakeWrites(), "it has taken over what was kept")
	var shown []struct{ Version int }
	w.told(second, "show-overlays", nil, &shown)
	require.Len(t, shown, 1)

	status, answer = w.say(second, map[string]any{"file": "/tmp/hunter5"})
	require.Less(t, status, 300, answer)
	w.until("the new leader's counts", func() bool { return w.file() == "/tmp/hunter5" })
	assert.Equal(t, "other", w.cluster.Config(w.full("lines"))["topic"])
	require.NoError(t, w.RemoveUnit(second))
	w.settle()
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires(first, "active", "1 connector")
	assert.Equal(t, "/tmp/hunter5", w.file(), "also when the first leads again, which has an older one")
}

func TestARelationThatEndsLeavesNothingOfOverlays(t *testing.T) {
	t.Parallel()
	w := bringing(t, jujutest.DeployOptions{Config: map[string]any{"state": renewing}})
	status, answer := w.say("integrator/0", map[string]any{"file": "/tmp/hunter6"})
	require.Less(t, status, 300, answer)
	w.until("the connector has it", func() bool { return w.file() == "/tmp/hunter6" })
	assert.Len(t, w.labels(), 2)
	require.NoError(t, w.RemoveRelation("integrator", "provider"))
	w.settle()
	assert.Empty(t, w.labels())
}

func TestAProviderThatBringsNoSecretsIsToldOfAndTheRestIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": renewing}})
	w.integrate()
	w.cluster.TakeWrites()
	status, answer := w.say("integrator/0", map[string]any{"file": "/tmp/hunter7"})
	assert.Equal(t, http.StatusConflict, status)
	assert.NotContains(t, answer, "hunter7")
	status, answer = w.say("integrator/0", map[string]any{"topic": "other"})
	require.Less(t, status, 300, answer)
	w.until("what is no secret is applied", func() bool { return w.cluster.Config(w.full("lines"))["topic"] == "other" })
	w.until("it is kept", func() bool { return len(w.labels()) == 1 })
	assert.NotContains(t, w.request(), "connector-secrets")
}
