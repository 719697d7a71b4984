package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mount is a directory of the unit that a container sees at a path of its own.
type mount struct{ from, at string }

// makeContainerRoot makes what a container sees as its root: what is in its image, and the storage that is mounted. The
// mounts are links; an isolated container has real ones over the empty directories that are returned.
func (m *Model) makeContainerRoot(u *unit, name, root string) ([]mount, error) {
	if err := os.RemoveAll(root); err != nil {
		return nil, err
	}
	container := u.app.meta().Containers[name]
	if err := copyImage(u.app.resources[container.Resource].path, root); err != nil {
		return nil, fmt.Errorf("lay out the image: %w", err)
	}
	var mounts []mount
	for _, wanted := range container.Mounts {
		for _, s := range m.storageOf(u) {
			if s.name == wanted.Storage {
				mounts = append(mounts, mount{from: s.location, at: filepath.Join(root, wanted.Location)})
			}
		}
	}
	for _, mount := range mounts {
		if err := os.MkdirAll(filepath.Dir(mount.at), 0o755); err != nil {
			return nil, err
		}
		link := func() error { return os.Symlink(mount.from, mount.at) }
		if m.options.IsolateContainers {
			link = func() error { return os.MkdirAll(mount.at, 0o755) }
		}
		if err := link(); err != nil {
			return nil, err
		}
	}
	return mounts, nil
}

// copyImage copies the directory that stands for an image; another text, or none, is an empty image.
func copyImage(image, root string) error {
	if info, err := os.Stat(image); err != nil || !info.IsDir() {
		return os.MkdirAll(root, 0o755)
	}
	return copyTree(image, root)
}

// isolated is program in a mount namespace of its own, in which what is below hidden is not there.
func isolated(mounts []mount, hidden string, program []string) []string {
	var script strings.Builder
	for _, mount := range mounts {
		fmt.Fprintf(&script, "mount --bind %s %s && ", quoted(mount.from), quoted(mount.at))
	}
	fmt.Fprintf(&script, `mount -t tmpfs none %s && exec "$0" "$@"`, quoted(hidden))
	return append([]string{"unshare", "--mount", "/bin/sh", "-c", script.String()}, program...)
}

// quoted is text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// RestartContainer ends a container with all that runs in it, by force, and starts it anew from its image, as Kubernetes
// does with one that has died. What is mounted is kept. The unit runs pebble-ready in the next Settle.
//
// "charm" is the container in which the charm itself runs. A hook that runs there has then failed, and is run again like one
// that failed by itself; then the unit runs start, and pebble-ready of every container.
func (m *Model) RestartContainer(unitName, containerName string) error {
	m.mu.Lock()
	u, err := m.unit(unitName)
	var c *container
	if err == nil {
		if c = u.containers[containerName]; c == nil && (containerName != charmContainer || !u.isPod()) {
			err = errors.New("the charm has no such container")
		}
	}
	m.mu.Unlock()
	switch {
	case err != nil:
	case c == nil:
		err = m.restartCharm(u)
	default:
		err = m.restartWorkload(u, c)
	}
	if err != nil {
		return fmt.Errorf("restart container %s of %s: %w", containerName, unitName, err)
	}
	return nil
}

func (m *Model) restartWorkload(u *unit, c *container) error {
	if err := m.endContainer(u, c); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh, err := m.startPebble(u, c.name, c.told)
	if err != nil {
		return err
	}
	u.containers[c.name] = fresh
	return nil
}

// endContainer kills everything in a container; call it without the model's mutex.
func (m *Model) endContainer(u *unit, c *container) error {
	if err := killBelow(filepath.Dir(c.socket), m.born, 0); err != nil {
		return err
	}
	<-c.done
	<-c.watched
	if err := os.Remove(c.socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u.events = slices.DeleteFunc(u.events, func(event workloadEvent) bool { return event.container == c.name })
	return nil
}

// ReplacePod ends a unit's pod and starts another for the same unit, as Kubernetes does when it is deleted, evicted or
// updated. In the next Settle its containers end, and the unit runs stop; then all its processes and files go but its storage,
// it gets another address, its containers start anew, and it runs upgrade-charm, config-changed, start and pebble-ready.
func (m *Model) ReplacePod(unitName string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unitName)
	if err == nil && !u.isPod() {
		err = errors.New("its charm has no containers")
	}
	if err != nil {
		return fmt.Errorf("replace the pod of %s: %w", unitName, err)
	}
	u.replacing = true
	return nil
}

// rollPods replaces the pods of an application whose charm or resources have changed.
func (a *application) rollPods() {
	for _, u := range a.units {
		u.replacing, u.rolling = u.isPod(), u.isPod()
	}
}

// waitsToRoll says whether another pod is replaced first: Kubernetes begins with the highest number.
func (u *unit) waitsToRoll() bool {
	for _, other := range u.app.units {
		if u.rolling && other.rolling && !other.dying && other.number > u.number {
			return true
		}
	}
	return false
}

// endContainers ends a unit's workload: when a pod is to go, Kubernetes asks all its containers at once, and the charm's is
// the last, for it runs stop. Call it without the model's mutex.
func (m *Model) endContainers(u *unit) error {
	m.mu.Lock()
	containers := slices.Collect(maps.Values(u.containers))
	m.mu.Unlock()
	var errs []error
	for _, c := range containers {
		errs = append(errs, m.endContainer(u, c))
	}
	return errors.Join(errs...)
}

// replacePod is one pod's end and another's start; the unit is busy meanwhile. Call it without the model's mutex.
func (m *Model) replacePod(u *unit) {
	errs := []error{m.endContainers(u), killBelow(u.root, m.born, stopGrace)}
	m.mu.Lock()
	defer m.mu.Unlock()
	errs = append(errs, emptyBut(u.root, m.keptByPod(u)), u.readdress())
	for _, dir := range []string{u.charmDir, filepath.Join(u.root, "tmp")} {
		errs = append(errs, os.MkdirAll(dir, 0o755))
	}
	errs = append(errs, u.unpackCharm(u.app.charm), m.startContainers(u))
	if err := errors.Join(errs...); err != nil {
		m.log.Error("a pod does not start", "unit", u.name, "error", err)
	}
	u.rolling = false
	u.replacing, u.rebooted, u.started, u.stopped = false, false, false, false
	u.deployed = u.app.version
	u.queued = &hookInfo{kind: kindUpgradeCharm}
}

// keptByPod lists what stays of a unit's files whatever happens to its pod: storage, and what is the model's own.
func (m *Model) keptByPod(u *unit) []string {
	kept := []string{u.socketPath(), u.logPath(), filepath.Join(u.root, execProgram)}
	for _, s := range m.storageOf(u) {
		kept = append(kept, s.location)
	}
	return kept
}

// readdress gives a unit another address. Its relations are not told: their address is a service's.
func (u *unit) readdress() error {
	fresh, err := takeAddress()
	if err != nil {
		return err
	}
	u.address.giveBack()
	u.address = fresh
	return nil
}

// emptyBut removes what is in dir, except for kept paths.
func emptyBut(dir string, kept []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		switch {
		case slices.Contains(kept, path):
		case slices.ContainsFunc(kept, func(keep string) bool { return strings.HasPrefix(keep, path+"/") }):
			errs = append(errs, emptyBut(path, kept))
		default:
			errs = append(errs, os.RemoveAll(path))
		}
	}
	return errors.Join(errs...)
}
