package jujutest

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// charmContainer is the name that Juju gives the container in which charm and agent run.
const charmContainer = "charm"

var errContainerDied = errors.New("the charm's container died")

// restartCharm ends all that runs in the charm's own container, a hook too, and starts it anew: what is on no volume is lost
// there. A hook that it cuts short has failed. The agent then runs start, and does not know what it has seen of the other
// containers: it tells of each that is ready, and of every notice there. Call it without the model's mutex.
func (m *Model) restartCharm(u *unit) error {
	m.mu.Lock()
	u.restarting = true
	m.running++ // Settle is not to end meanwhile
	if u.context != nil {
		u.context.interrupt(errContainerDied)
	}
	for u.busy {
		m.changed.Wait()
	}
	kept := append(m.keptByPod(u), filepath.Join(u.root, "charm"), filepath.Join(u.root, "var/lib/juju"))
	m.mu.Unlock()
	err := errors.Join(
		killBelow(u.agentDir(), m.born, 0),
		emptyBut(u.root, kept),
		os.MkdirAll(filepath.Join(u.root, "tmp"), 0o755),
	)
	m.mu.Lock()
	defer m.mu.Unlock()
	u.rebooted = u.started
	for _, name := range sortedKeys(u.containers) {
		c := u.containers[name]
		if !c.ready {
			continue
		}
		u.events = append(u.events, workloadEvent{kind: kindPebbleReady, container: name})
		m.mu.Unlock()
		err = errors.Join(err, m.passNoticesAfter(m.life, u, c, time.Time{}, 0))
		m.mu.Lock()
	}
	u.restarting = false
	m.running--
	m.changed.Broadcast()
	return err
}
