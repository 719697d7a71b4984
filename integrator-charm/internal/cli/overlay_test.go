package cli_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/control"
)

func (k *keeper) overlays() []overlay.Shown {
	return []overlay.Shown{
		{Connector: "lines", Version: 2, Waiting: "the cluster does not answer", Keys: []overlay.KeyShown{
			{Key: "start_date", Removed: true, EmittedAt: noon, TakenAt: noon, By: "topic control", Version: 2},
		}},
		{
			Connector: "orders", Version: 7, Applied: true,
			Halted: &overlay.HaltShown{Since: noon, By: "orders", Reason: "api_key has to be a number", Problems: []control.Problem{}},
			Keys: []overlay.KeyShown{
				{Key: "api_key", Secret: true, EmittedAt: noon, TakenAt: noon, By: "orders", Version: 6},
				{Key: "page\x1b[2J", Value: "\x1b[2J", EmittedAt: noon, TakenAt: noon.Add(time.Second), By: "ada", Version: 7, Superseded: true},
			},
		},
	}
}

func (k *keeper) Overlays(_ context.Context, cluster string) ([]overlay.Shown, error) {
	all := k.overlays()
	if !k.halted {
		all[1].Halted = nil
	}
	return all, k.call("overlays %s", cluster)
}

func (k *keeper) Overlay(_ context.Context, cluster, connector string) (overlay.Shown, error) {
	err := k.call("overlay %s %s", cluster, connector)
	for _, one := range k.overlays() {
		if one.Connector == connector {
			return one, err
		}
	}
	return overlay.Shown{}, manager.ErrNotFound
}

func (k *keeper) ClearOverlay(_ context.Context, cluster, connector string, keys []string, by, version string) (overlay.Shown, error) {
	return overlay.Shown{Connector: connector, Version: 8, Keys: []overlay.KeyShown{{Key: "page"}}},
		k.call("clear %s %s %s by %s at %q", cluster, connector, strings.Join(keys, ","), by, version)
}

func TestOverlaysAreShownThoseFirstThatKeepAConnectorStopped(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}, halted: true}
	b := served(t, k)
	assert.Equal(t, `orders  version 7  stopped: a message did not conform
  since 2026-11-23 12:00:00Z, by orders: api_key has to be a number
  KEY          VALUE      EMITTED               BY      VERSION
  api_key      (secret)   2026-11-23 12:00:00Z  orders  6
  page\x1b[2J  "\x1b[2J"  2026-11-23 12:00:00Z  ada     7        the state file says something else since

lines  version 2  waits: the cluster does not answer
  KEY         VALUE      EMITTED               BY             VERSION
  start_date  (removed)  2026-11-23 12:00:00Z  topic control  2
`, b.ok("overlay", "show"))
	assert.Contains(t, b.ok("overlay", "show", "lines", "-o", "json"), `"waiting": "the cluster does not answer"`)

	some := b.run("overlay", "show", "lines", "none/such")
	assert.Equal(t, 1, some.code)
	assert.Contains(t, some.out, "lines  version 2")
	assert.Equal(t, "connect-manager: none/such: not found\n", some.err)
}

func TestAnOverlayIsClearedWhereSomebodyConfirms(t *testing.T) {
	t.Parallel()
	k := &keeper{clusters: []string{"main"}}
	b := served(t, k)
	assert.Equal(t, result{3, "", "connect-manager: nobody can be asked here: say --yes\n"}, b.run("overlay", "clear", "orders"))
	var question string
	b.program.Ask = func(_ context.Context, asked string) (string, error) {
		question = asked
		return "no", nil
	}
	assert.Equal(t, 3, b.run("overlay", "clear", "orders", "api_key", "page").code)
	assert.Equal(t, "Give api_key, page of orders back to the state file? [y/N] ", question)
	assert.Empty(t, k.calls)
	assert.Equal(t, "orders: cleared; changed keys that are left: 1\n", b.ok("overlay", "clear", "orders", "api_key", "page", "--yes", "--version", "7"))
	assert.Equal(t, []string{`clear main orders api_key,page by ada at "7"`}, k.calls)
	k.fails = overlay.ErrVersion
	assert.Equal(t, 3, b.run("overlay", "clear", "orders", "-y", "--version", "6").code)
	assert.Equal(t, 5, b.run("overlay", "clear").code)
}

func TestNamesOfConnectorsAndTheirKeysAreCompleted(t *testing.T) {
	t.Parallel()
	b := served(t, &keeper{clusters: []string{"main"}})
	assert.Equal(t, "lines\norders\n:4\n", b.ok("__complete", "overlay", "show", ""))
	assert.Equal(t, "lines\n:4\n", b.ok("__complete", "overlay", "show", "orders", ""))
	assert.Contains(t, b.ok("__complete", "overlay", "clear", "orders", ""), "api_key\n")
	b.environ["CONNECT_SERVER"] = "http://127.0.0.1:1"
	assert.Equal(t, ":4\n", b.ok("__complete", "overlay", "show", ""))
}
