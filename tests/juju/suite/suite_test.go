// Package suite tests the two charms on a real Juju controller: packed, deployed, related and removed as a person would, with
// real Kafka behind them. The stories of one suite share a model and go on from each other; what they leave is removed at the end.
//
// The controller is the local one (../controller), or else the one that the juju command is logged in to.
package suite

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/juju/model"
	"connectcharms/tests/kafka"

	"github.com/stretchr/testify/require"
	"github.com/stretchr/testify/suite"
)

// asked is the variable without which nothing runs here: a run takes minutes, machines and, but for the local controller, money.
const asked = "KAFKA_CONNECT_INTEGRATION"

// patience is the longest that any single wait may take.
const patience = 90 * time.Second

func TestThePairOnJuju(t *testing.T) {
	suite.Run(t, &pair{stage: stage{parts: prepare(t)}})
}

// parts are what is deployed, and what it works on.
type parts struct {
	controller *model.Controller
	provider   string // packed charms
	integrator string
	keeper     string
	kafka      *kafka.Runtime
	brokerDir  string
}

// prepare packs the charms and finds the controller. It skips where nobody asked, and fails where there is no controller.
func prepare(t *testing.T) parts {
	t.Helper()
	if os.Getenv(asked) == "" {
		t.Skip("runs on a Juju controller, for minutes: make integration, or set " + asked + "=1")
	}
	controller, err := model.FindAny(t.Context())
	require.NoError(t, err)
	kept, err := cache.Dir()
	require.NoError(t, err)
	p := parts{controller: controller, keeper: packKeeper(t), brokerDir: filepath.Join(t.TempDir(), "broker")}
	packed, err := charms.Pack(t.Context(), filepath.Join(kept, "packed"), "amd64")
	require.NoError(t, err)
	for _, archive := range packed {
		switch archive.Charm {
		case provider:
			p.provider = archive.Path
		case integrator:
			p.integrator = archive.Path
		}
	}
	p.kafka, err = kafka.Fetch(t.Context(), kafka.DefaultVersion, os.Stderr)
	require.NoError(t, err)
	return p
}

// limited is a context for one request.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a condition, which says what it still sees while it does not hold.
func until(t *testing.T, what string, holds func() (reason string)) {
	t.Helper()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for {
		reason := holds()
		if reason == "" {
			return
		}
		if time.Now().After(deadline) {
			require.Failf(t, "never: "+what, "after %v: %s", patience, strings.TrimSpace(reason))
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			require.FailNow(t, "interrupted while waiting: "+what)
		}
	}
}
