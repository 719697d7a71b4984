package manager_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/notify"
)

// owned is a connector that has an owner with an address.
const owned = `
defaults: {owner: {team: data, webhook: "https://example.org/hook"}}
` + fragile

// told are the kinds of what waits to be told about a connector, or of trouble about a matter.
func (s *stage) told(about string) (kinds []notify.Kind) {
	s.t.Helper()
	events, err := s.store.Events(s.t.Context())
	require.NoError(s.t, err)
	for _, each := range events {
		var event notify.Event
		require.NoError(s.t, json.Unmarshal(each.Document, &event))
		if event.Connector == about || event.Matter == about {
			kinds = append(kinds, event.Kind)
		}
	}
	return kinds
}

func TestAStandbyTellsNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep(owned)
	before := len(s.told("lines"))
	s.rules.Active, s.rules.Interval = false, time.Second
	cluster := s.cluster("main")
	cluster.Digest = "standby"
	s.Keep([]manager.Cluster{cluster})
	s.server.Fail("lines", "no")
	s.until(func() bool { return s.status().Connectors["failed"] == 1 })
	assert.Len(t, s.told("lines"), before)
}

func TestTheDefaultRouteIsToldOfAWrongFileUntilItIsMended(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.rules.Interval = time.Second
	require.NoError(t, s.notifier.Configure(s.route()))
	s.keep(lines)
	s.write(lines + "    pausedd: true\n")
	s.until(func() bool { return assert.ObjectsAreEqual([]notify.Kind{notify.Trouble}, s.told("state file")) })
	s.write(lines)
	s.until(func() bool {
		return assert.ObjectsAreEqual([]notify.Kind{notify.Trouble, notify.Over}, s.told("state file"))
	})
}
