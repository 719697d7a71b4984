// Package suite tests the two charms on a real Juju controller: packed, deployed, related and removed as a person would, with
// real Kafka behind them. The stories of one suite share a model and go on from each other; what they leave is removed at the end.
//
// It is one suite for machines and for Kubernetes; what differs is a table, stories. Which controller is taken, model.Choose says.
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
	"connectcharms/tests/image"
	"connectcharms/tests/juju/model"
	"connectcharms/tests/kafka"

	"github.com/stretchr/testify/require"
	"github.com/stretchr/testify/suite"
)

// asked names a substrate: nothing runs here without it, for a run takes minutes, machines and, but for the local controllers, money.
const asked = "KAFKA_CONNECT_INTEGRATION"

// workloadImages names the image of Kafka Connect where the cluster is not a local controller's: a reference that the cluster can pull,
// and, after a space, another of the same or another image, for the refresh.
const workloadImages = "KAFKA_CONNECT_IMAGE"

// imageResource is the image's name in the charm's metadata.
const imageResource = "kafka-connect-image"

// patience is the longest that any single wait may take.
const patience = 5 * time.Minute

func TestThePairOnMachines(t *testing.T) {
	suite.Run(t, &pair{stage: stage{parts: prepare(t, model.OnMachines)}})
}

func TestThePairOnKubernetes(t *testing.T) {
	suite.Run(t, &pair{stage: stage{parts: prepare(t, model.OnKubernetes)}})
}

// parts are what is deployed, and what it works on.
type parts struct {
	controller  *model.Controller
	provider    string // packed charms
	providerK8s string
	integrator  string
	keeper      string
	images      []string // that the cluster has or can pull: one to begin with, and the one after a refresh
	kafka       *kafka.Runtime
	brokerDir   string
}

// prepare packs the charms and finds the controller. It skips where nobody asked, and fails where there is no controller.
func prepare(t *testing.T, on model.Substrate) parts {
	t.Helper()
	if os.Getenv(asked) != string(on) {
		t.Skipf("runs on a Juju controller, for minutes: make integration or make integration-k8s, or set %s=%s", asked, on)
	}
	controller, err := model.Choose(t.Context(), on)
	require.NoError(t, err)
	kept, err := cache.Dir()
	require.NoError(t, err)
	p := parts{controller: controller, keeper: packKeeper(t), brokerDir: filepath.Join(t.TempDir(), "broker")}
	packed, err := charms.Pack(t.Context(), filepath.Join(kept, "packed"), "amd64")
	require.NoError(t, err)
	byName := map[string]string{}
	for _, archive := range packed {
		byName[archive.Charm] = archive.Path
	}
	p.provider, p.providerK8s, p.integrator = byName[provider], byName[provider+"-k8s"], byName[integrator]
	p.kafka, err = kafka.Fetch(t.Context(), kafka.DefaultVersion, os.Stderr)
	require.NoError(t, err)
	if on == model.OnKubernetes {
		p.images = provideImages(t, controller, kept)
	}
	return p
}

// provideImages gives a local cluster the image that is built here, under two names.
func provideImages(t *testing.T, controller *model.Controller, kept string) []string {
	t.Helper()
	if named := strings.Fields(os.Getenv(workloadImages)); len(named) > 0 {
		return named
	}
	require.True(t, controller.IsLocal(),
		"the cluster of the controller %q is not a local one: name an image that it can pull in %s", controller.Name, workloadImages)
	built, err := image.Build(t.Context(), kept)
	require.NoError(t, err)
	again := built.Reference + "-again"
	renamed := filepath.Join(t.TempDir(), "image.tar")
	require.NoError(t, built.WriteAs(again, renamed))
	require.NoError(t, controller.ImportImages(t.Context(), built.Archive, renamed))
	return []string{built.Reference, again}
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
