package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/faults/disk"
	"connectcharms/tests/pair"
)

// disk has a unit's files on a disk of their own, from before its first hook.
func (s *stage) disk(unit string) *disk.Disk {
	s.t.Helper()
	d := disk.At(s.t, s.data(unit), 512<<20)
	s.t.Cleanup(func() {
		if s.t.Failed() {
			for _, run := range s.HookLog() {
				if run.Err != "" {
					s.t.Logf("%s %s: %s\n%s", run.Unit, run.Name, run.Err, run.Output)
				}
			}
		}
	})
	return d
}

// servicesOf are the processes of a unit's services.
func (s *stage) servicesOf(unit string) []int {
	s.t.Helper()
	return append(pair.Gateways(s.seen(unit)), pair.Worker(s.seen(unit)))
}

// TestAUnitWithoutRoomSaysSoAndGoesOnWhenThereIsSome has the disk full twice: when a client comes, and when it goes.
func TestAUnitWithoutRoomSaysSoAndGoesOnWhenThereIsSome(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const unit = provider + "/0"
	s.deploy(1, nil)
	full := s.disk(unit)
	s.client("one", servePlugins(t, 1).URL+"/0")
	s.settle()
	s.requireStatus(unit, "active", "ready, no clients")
	running := s.servicesOf(unit)

	require.NoError(t, full.Fill(0))
	one := s.integrate("one")
	s.settle()
	s.requireStatus(unit, "waiting", "the unit's disk is too full")
	assert.Empty(t, s.plugins(unit), "nothing is half installed")
	half, err := os.ReadDir(filepath.Join(s.data(unit), "plugins/incoming"))
	require.NoError(t, err)
	assert.Empty(t, half)
	assert.Empty(t, s.published(one))
	assert.Equal(t, running, s.servicesOf(unit), "what runs goes on")

	require.NoError(t, full.Free())
	s.allActive(provider)
	published := s.published(one)
	content := s.credentials(published)
	require.Equal(t, http.StatusOK, s.ask(published.Endpoints[0], content))

	running = s.servicesOf(unit)
	require.NoError(t, full.Fill(0))
	require.NoError(t, s.RemoveRelation(provider, "one"))
	s.settle()
	assert.Equal(t, http.StatusUnauthorized, s.ask(published.Endpoints[0], content), "no account outlives its relation")
	s.requireStatus(unit, "blocked", "the unit's disk is full: free some space")
	assert.Equal(t, running, s.servicesOf(unit), "what runs goes on")

	require.NoError(t, full.Free())
	s.eventually("all of the client is gone", func() bool {
		status, _ := s.StatusOf(unit)
		return status.Message == "ready, no clients" && len(s.plugins(unit)) == 0
	})
}
