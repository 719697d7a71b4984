package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

// readSecrets is what a unit finds of secrets at the begin of a hook.
func (s *simulation) readSecrets(u *simulated, w *World) {
	w.Secrets, w.Acknowledged = map[hook.RelationID]ConnectorSecrets{}, map[hook.RelationID]int64{}
	for _, id := range sortedKeys(s.clients) {
		secrets := ConnectorSecrets{Named: s.clients[id].brings > 0}
		switch {
		case secrets.Named && s.unreadable > 0 && s.Float64() < s.unreadable:
			secrets.Problem = "connector-secrets: not found"
		case secrets.Named:
			secrets.Wanted = secretsOf(s.clients[id].brings)
		}
		if version := u.secrets[id]; version > 0 {
			secrets.OnDisk, secrets.Have = true, secretsOf(version)
		}
		w.Secrets[id] = secrets
		w.Acknowledged[id] = u.sent.Secrets[id].Version
	}
}

// hear has each requirer refer to what all units say that they have. That is what is on their disks.
func (s *simulation) hear() {
	for _, id := range sortedKeys(s.clients) {
		client := s.clients[id]
		if client.brings == 0 {
			continue
		}
		everywhere := client.brings
		for _, unit := range s.units {
			said := unit.sent.Secrets[id].Version
			require.LessOrEqual(s.t, said, unit.secrets[id], "%s has acknowledged what it has not", unit.name)
			everywhere = min(everywhere, said)
		}
		client.refers = max(client.refers, everywhere)
	}
}

// requireSecrets holds a worker that begins to what configurations refer to.
func (s *simulation) requireSecrets(beginning *simulated) {
	for id, client := range s.clients {
		require.GreaterOrEqual(s.t, beginning.secrets[id], client.refers, "the worker of %s begins without secrets of relation %d", beginning.name, id)
	}
}

// TestNoWorkerBeginsWithoutWhatConfigurationsReferTo has secrets come, change and be unreadable for a time, and units come and
// go, with hooks killed at any step. What must always be so is checked in hear and requireSecrets.
func TestNoWorkerBeginsWithoutWhatConfigurationsReferTo(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, units int, seed uint64) {
		s := newSimulation(t, seed, units)
		s.killing, s.slow, s.unreadable = 0.05, 0.2, 0.3
		s.integrate(1, "http://10.0.0.9/1")
		s.integrate(2, "http://10.0.0.9/2")
		for range 100 {
			s.step()
			switch event := s.Float64(); {
			case event < 0.02:
				s.join()
			case event < 0.04 && len(s.units) > 1:
				s.leave(s.anyUnit())
			case event < 0.06:
				s.leader = s.anyUnit()
				s.units[s.leader].due = true
			case event < 0.10:
				s.clients[hook.RelationID(1+s.IntN(2))].brings++
				s.wake("")
			case event < 0.12: // a machine goes down, and comes back
				unit := s.units[s.anyUnit()]
				unit.running, unit.ready, unit.served, unit.hook, unit.due = false, false, false, nil, true
			}
		}
		s.killing, s.slow, s.unreadable = 0, 0, 0
		s.updateStatus() // nobody is told that a secret can be read again
		s.settle()
		for id, client := range s.clients {
			assert.Equal(t, client.brings, client.refers, "relation %d", id)
			client.brings = 0
		}
		s.wake("")
		s.settle()
		assert.Empty(t, s.shared.Secrets)
		for _, unit := range s.units {
			assert.Empty(t, unit.secrets, unit.name)
			assert.Empty(t, unit.sent.Secrets, unit.name)
		}
	})
}
