package jujutest

import (
	"maps"
	"slices"
	"strconv"
)

// The kinds of hooks, as they end a hook's name.
const (
	kindInstall         = "install"
	kindStart           = "start"
	kindStop            = "stop"
	kindRemove          = "remove"
	kindConfigChanged   = "config-changed"
	kindUpgradeCharm    = "upgrade-charm"
	kindUpdateStatus    = "update-status"
	kindLeaderElected   = "leader-elected"
	kindRelationCreated = "relation-created"
	kindRelationJoined  = "relation-joined"
	kindRelationChanged = "relation-changed"
	kindRelationDeparts = "relation-departed"
	kindRelationBroken  = "relation-broken"
	kindSecretChanged   = "secret-changed"
	kindSecretRotate    = "secret-rotate"
	kindSecretExpired   = "secret-expired"
	kindSecretRemove    = "secret-remove"
	kindStorageAttached = "storage-attached"
	kindStorageDetaches = "storage-detaching"
	kindPebbleReady     = "pebble-ready"
	kindPebbleNotice    = "pebble-custom-notice"
	kindPebbleFailed    = "pebble-check-failed"
	kindPebbleRecovered = "pebble-check-recovered"
	kindAction          = "action"
	kindExec            = "juju-exec" // not a hook: commands of the charm's own in a hook's context
	kindGone            = ""          // not a hook: the unit just goes
	kindReplaced        = "replaced"  // not a hook: its pod goes and another comes
)

// hookInfo is one hook to run and what it is about.
type hookInfo struct {
	kind string
	// prefix is the name of the endpoint, storage or container before the kind in the hook's name
	prefix string

	relation              *relation
	remoteUnit, remoteApp string
	departing             string
	version               uint64 // of the databag that the hook is about

	secret   string
	label    string
	revision int

	storage  string
	workload *workloadEvent
	action   *actionRun
	exec     *execRun
}

func (h hookInfo) name() string {
	switch {
	case h.kind == kindAction:
		return h.action.name
	case h.prefix != "":
		return h.prefix + "-" + h.kind
	}
	return h.kind
}

// contextName is the name in JUJU_CONTEXT_ID.
func (h hookInfo) contextName() string {
	if h.kind == kindExec {
		return "run-commands"
	}
	return h.name()
}

// shownName is the name in the status of a failed hook, where Juju leaves out containers and storage.
func (h hookInfo) shownName() string {
	if h.relation == nil {
		return h.kind
	}
	return h.name()
}

// dispatchPath is what JUJU_DISPATCH_PATH says; empty: there is none.
func (h hookInfo) dispatchPath() string {
	switch h.kind {
	case kindAction:
		return "actions/" + h.name()
	case kindExec:
		return "" // its commands set it, where they run the charm
	}
	return "hooks/" + h.name()
}

// nextHook decides what a unit's agent does next, in the order of Juju's uniter:
//
//	failed hook, again
//	storage-attached (before install, but not in a pod) | queued hook: install; start after the first config-changed;
//	config-changed after upgrade-charm
//	start after a restart of the charm's container
//	relation-created of every relation | leader-elected | Pebble's notices and checks, sometimes pebble-ready | secrets |
//	  commands of juju-exec (in an error state, too) | storage
//	alive: upgrade-charm, config-changed, relations, update-status
//	dying: relations (departed, broken), stop, remove
//	pebble-ready
//
// It returns nil when the unit rests.
func (m *Model) nextHook(u *unit) *hookInfo {
	if u.failed != nil {
		switch {
		case u.isMoot(*u.failed):
			info := *u.failed
			u.failed, u.failures = nil, 0
			m.commit(u, info)
		case u.inError():
			return u.commandsHook()
		default:
			return u.failed
		}
	}
	if u.queued != nil {
		if u.queued.kind == kindInstall {
			if u.dying {
				return &hookInfo{kind: kindGone} // nothing to clean up
			}
			if info := m.storageHook(u); info != nil && !u.isPod() {
				return info
			}
		}
		return u.queued
	}
	if u.replacing && !u.dying && !u.waitsToRoll() {
		if u.started && !u.stopped {
			return &hookInfo{kind: kindStop}
		}
		return &hookInfo{kind: kindReplaced}
	}
	if u.rebooted && !u.dying {
		return &hookInfo{kind: kindStart}
	}
	m.enterScopes(u)
	for _, next := range []func(*unit) *hookInfo{
		m.createdHook, m.leadershipHook, m.promptHook, m.secretHook, (*unit).commandsHook, m.storageHook, m.ownHook, m.pebbleHook,
	} {
		if info := next(u); info != nil {
			return info
		}
	}
	return nil
}

// isMoot says whether a failed hook is not worth another run: its relation is gone, or it is the leader's and the unit is
// the leader no more.
func (u *unit) isMoot(info hookInfo) bool {
	if info.relation != nil {
		return u.relations[info.relation.id] == nil
	}
	switch info.kind {
	case kindLeaderElected:
		return !u.isLeader()
	case kindSecretRotate, kindSecretExpired, kindSecretRemove:
		s, err := u.model.parseAndFind(info.secret)
		return err == nil && !s.ownedBy(u)
	}
	return false
}

// enterScopes makes the unit take part in its application's new relations.
func (m *Model) enterScopes(u *unit) {
	if !u.installed || u.dying {
		return
	}
	for _, r := range m.relations {
		if r.has(u.app) && !r.dying && u.relations[r.id] == nil {
			m.enterScope(r, u)
		}
	}
}

// unitRelations lists the relations that the unit takes part in: peer relations last, as the uniter looks at them.
func (m *Model) unitRelations(u *unit) []*relation {
	ids := slices.Collect(maps.Keys(u.relations))
	slices.Sort(ids)
	var ordinary, peers []*relation
	for _, id := range ids {
		r := m.relations[id]
		if r.isPeer() {
			peers = append(peers, r)
		} else {
			ordinary = append(ordinary, r)
		}
	}
	return append(ordinary, peers...)
}

func (m *Model) createdHook(u *unit) *hookInfo {
	if !u.installed || u.dying {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(u.relations)) {
		if r := m.relations[id]; !u.relations[id].created && !r.dying {
			return &hookInfo{
				kind: kindRelationCreated, prefix: r.endpointOf(u).name, relation: r, remoteApp: r.other(u.app.name).app.name,
			}
		}
	}
	return nil
}

func (m *Model) leadershipHook(u *unit) *hookInfo {
	if !u.isLeader() || u.dying {
		u.led = false
		return nil
	}
	if u.installed && !u.led {
		return &hookInfo{kind: kindLeaderElected}
	}
	return nil
}

// ownHook is the part of the order that depends on the unit's life.
func (m *Model) ownHook(u *unit) *hookInfo {
	if u.dying {
		if info := m.relationHook(u); info != nil {
			return info
		}
		switch {
		case u.started && !u.stopped:
			return &hookInfo{kind: kindStop}
		case !u.removed:
			return &hookInfo{kind: kindRemove}
		}
		return nil
	}
	if u.deployed != u.app.version && !u.isPod() {
		return &hookInfo{kind: kindUpgradeCharm}
	}
	if u.configured != u.configHash() {
		return &hookInfo{kind: kindConfigChanged}
	}
	if info := m.relationHook(u); info != nil {
		return info
	}
	if u.statusUpdates != u.statusUpdatesWanted {
		return &hookInfo{kind: kindUpdateStatus}
	}
	return nil
}

// configHash changes when config-changed is due: on configuration and trust.
func (u *unit) configHash() string {
	return strconv.Itoa(u.app.configVersion) + " " + strconv.FormatBool(u.app.trust)
}
