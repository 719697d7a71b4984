package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"
)

// hookContext is one run of one hook: what its tools read stays as it was at first sight, what they write waits for the end.
// Its fields are the model's.
type hookContext struct {
	model *Model
	unit  *unit
	info  hookInfo
	id    string
	done  bool

	lostLeadership bool // once false, is-leader stays false
	config         map[string]any
	status         *status // the workload's, as of the hook's first look: status-set does not change what status-get says
	relations      map[int]*contextRelation
	secrets        *secretChanges
	owned          map[string]*secret // the unit's own secrets, as of the hook's first look
	state          map[string]string
	stateChanged   bool
	ports          portChanges
	storageAdds    map[string]int
	reboot         rebootPriority
	kill           func()          // ends the hook's process
	interrupt      func(why error) // ends the hook, which has then failed
	statusWasSet   bool
	tools          []string // that were run in it
}

// contextRelation is one relation as a hook sees and changes it.
type contextRelation struct {
	relation  *relation
	members   []string // as relation-list prints them
	unitData  *settings
	appData   *settings
	others    map[string]databag // what was read of units that are not members
	otherApps map[string]databag
}

// settings are a databag that the hook may write: the values it sees, and what it has changed.
type settings struct {
	values  databag
	changes databag // empty value: removed
}

func newSettings(from databag) *settings {
	return &settings{values: maps.Clone(from), changes: databag{}}
}

func (s *settings) set(key, value string) {
	s.values.set(key, value)
	s.changes[key] = value
}

// newContext makes the context of a hook, which starts now.
func (m *Model) newContext(u *unit, info hookInfo) *hookContext {
	m.nextContext++
	c := &hookContext{
		model: m, unit: u, info: info, relations: map[int]*contextRelation{}, secrets: newSecretChanges(),
		id: fmt.Sprintf("%s-%s-%d", u.name, info.contextName(), m.nextContext), storageAdds: map[string]int{},
	}
	for id, local := range u.relations {
		c.relations[id] = c.newRelation(m.relations[id], local)
	}
	return c
}

func (c *hookContext) newRelation(r *relation, local *unitRelation) *contextRelation {
	members := maps.Clone(local.members)
	cr := &contextRelation{relation: r, others: map[string]databag{}, otherApps: map[string]databag{}}
	if c.info.relation == r {
		switch {
		case c.info.kind == kindRelationDeparts:
			delete(members, c.info.remoteUnit)
			delete(local.cache, c.info.remoteUnit)
		case c.info.remoteUnit != "":
			members[c.info.remoteUnit] = 0
			delete(local.cache, c.info.remoteUnit)
		}
	}
	maps.DeleteFunc(local.cache, func(unit string, _ databag) bool { _, ok := members[unit]; return !ok })
	cr.members = slices.Collect(maps.Keys(members))
	sort.Strings(cr.members)
	return cr
}

// isLeader answers is-leader: a unit that was not the leader once in a hook is not until the hook's end.
func (c *hookContext) isLeader() bool {
	if !c.unit.isLeader() {
		c.lostLeadership = true
	}
	return !c.lostLeadership
}

var errNotLeader = errors.New("this unit is not the leader")

func (c *hookContext) relation(id int) (*contextRelation, error) {
	if r, ok := c.relations[id]; ok {
		return r, nil
	}
	return nil, errors.New("relation not found")
}

// hookRelation is the relation that the hook is about; nil when it is about none.
func (c *hookContext) hookRelation() *contextRelation {
	if c.info.relation == nil {
		return nil
	}
	return c.relations[c.info.relation.id]
}

// unitSettings is the unit's own databag, to read and write.
func (c *hookContext) unitSettings(cr *contextRelation) *settings {
	if cr.unitData == nil {
		cr.unitData = newSettings(cr.relation.units[c.unit.name])
	}
	return cr.unitData
}

// appSettings is the unit's application's databag, to read and write.
func (c *hookContext) appSettings(cr *contextRelation) *settings {
	if cr.appData == nil {
		cr.appData = newSettings(cr.relation.app[c.unit.app.name])
	}
	return cr.appData
}

// readUnit reads another unit's databag. A member's content is that of the last hook about it.
func (c *hookContext) readUnit(cr *contextRelation, name string) (databag, error) {
	cache := cr.others
	if slices.Contains(cr.members, name) {
		cache = c.unit.relations[cr.relation.id].cache
	}
	return readCached(cache, cr.relation.units, name, "relation unit not found")
}

// readApp reads an application's databag.
func (c *hookContext) readApp(cr *contextRelation, name string) (databag, error) {
	if _, ok := c.model.apps[name]; !ok && cr.relation.app[name] == nil {
		return nil, fmt.Errorf("getting application %q not found", name)
	}
	return readCached(cr.otherApps, cr.relation.app, name, "application not found in relation")
}

func readCached(cache, from map[string]databag, name, missing string) (databag, error) {
	bag, ok := cache[name]
	if !ok {
		current, ok := from[name]
		if !ok {
			return nil, errors.New(missing)
		}
		bag = maps.Clone(current)
		cache[name] = bag
	}
	return maps.Clone(bag), nil
}

// settingsOfConfig is the configuration as of the hook's first look.
func (c *hookContext) settingsOfConfig() map[string]any {
	if c.config == nil {
		c.config = c.unit.app.settings()
	}
	return maps.Clone(c.config)
}

// charmState is what state-set has saved, to read and write.
func (c *hookContext) charmState() map[string]string {
	if c.state == nil {
		c.state = maps.Clone(c.unit.state)
	}
	return c.state
}

// workloadStatus is the unit's status as of the hook's first look.
func (c *hookContext) workloadStatus() status {
	if c.status == nil {
		current := c.unit.workload
		c.status = &current
	}
	return *c.status
}

// setWorkloadStatus takes effect at once, also when the hook fails.
func (c *hookContext) setWorkloadStatus(current, message string) {
	c.statusWasSet = true
	c.unit.workload = newStatus(current, message)
}

// flush applies all that a successful hook has left to apply, or nothing when the error is not nil.
func (c *hookContext) flush() error {
	if err := c.secrets.check(c); err != nil {
		return err
	}
	for _, cr := range c.relations {
		if cr.appData != nil && len(cr.appData.changes) > 0 && !c.unit.isLeader() {
			return fmt.Errorf("write the application databag of relation %d: %q is not leader of %q",
				cr.relation.id, c.unit.name, c.unit.app.name)
		}
	}
	for _, name := range sortedKeys(c.storageAdds) {
		if _, ok := c.unit.app.meta().Storage[name]; !ok {
			return fmt.Errorf("preparing storage additions: charm storage %q not found", name)
		}
	}
	c.apply()
	return nil
}

func (c *hookContext) apply() {
	for _, cr := range c.relations {
		if cr.unitData != nil {
			delete(cr.unitData.changes, keyIngress)
			delete(cr.unitData.changes, keyEgress)
			applyChanges(cr.relation.units[c.unit.name], cr.unitData.changes)
		}
		if cr.appData != nil {
			applyChanges(cr.relation.app[c.unit.app.name], cr.appData.changes)
		}
	}
	c.unit.ports.apply(c.ports)
	if c.stateChanged {
		c.unit.state = c.state
	}
	c.secrets.apply(c, time.Now().UTC())
	if !c.unit.dying {
		for _, name := range sortedKeys(c.storageAdds) {
			for range c.storageAdds[name] {
				c.model.newStorage(c.unit, name)
			}
		}
	}
}

func applyChanges(bag databag, changes databag) {
	for key, value := range changes {
		bag.set(key, value)
	}
}

// commit notes that a unit's hook is done, as Juju's agent does, and decides what must follow it at once.
func (m *Model) commit(u *unit, info hookInfo) {
	wasQueued := u.queued != nil && u.queued.kind == info.kind
	if wasQueued {
		u.queued = nil
	}
	switch info.kind {
	case kindInstall:
		u.installed = true
	case kindStart:
		u.started, u.stopped, u.rebooted = true, false, false
	case kindStop:
		u.stopped = true
	case kindRemove, kindGone:
		u.removed = true
	case kindConfigChanged:
		if !u.started {
			u.queued = &hookInfo{kind: kindStart}
		}
	case kindUpgradeCharm:
		u.queued = &hookInfo{kind: kindConfigChanged}
	case kindLeaderElected:
		u.led = u.isLeader()
	case kindUpdateStatus:
		u.statusUpdates = u.statusUpdatesWanted
	case kindStorageAttached:
		u.attached[info.storage] = true
	case kindStorageDetaches:
		delete(u.attached, info.storage)
		if s := m.storage[info.storage]; s != nil && (s.dying || u.dying) {
			delete(m.storage, info.storage)
		}
	}
	switch {
	case info.relation != nil:
		m.commitRelation(u, info)
	case info.secret != "":
		m.commitSecret(u, info)
	case info.workload != nil:
		u.events = slices.DeleteFunc(u.events, func(e workloadEvent) bool { return e == *info.workload })
	}
}

func (m *Model) commitRelation(u *unit, info hookInfo) {
	local := u.relations[info.relation.id]
	if local == nil {
		return // the relation went while its hook ran
	}
	switch info.kind {
	case kindRelationCreated:
		local.created = true
	case kindRelationJoined:
		local.members[info.remoteUnit] = info.version
		local.joined = info.remoteUnit
	case kindRelationChanged:
		if info.remoteUnit == "" {
			local.apps[info.remoteApp] = info.version
			return
		}
		local.members[info.remoteUnit] = info.version
		local.joined = ""
	case kindRelationDeparts:
		delete(local.members, info.remoteUnit)
	case kindRelationBroken:
		m.leaveScope(info.relation, u)
	}
}

func (m *Model) commitSecret(u *unit, info hookInfo) {
	s, err := m.parseAndFind(info.secret)
	if err != nil {
		return // the hook has removed it
	}
	switch info.kind {
	case kindSecretChanged:
		u.secretsSeen[s.id] = int(info.version)
	case kindSecretExpired:
		s.expiredDue = slices.DeleteFunc(s.expiredDue, func(n int) bool { return n == info.revision })
	case kindSecretRotate:
		s.rotationDue = false
		s.setRotation(s.rotate)
	case kindSecretRemove:
		if u.obsoleteSeen[s.id] == nil {
			u.obsoleteSeen[s.id] = map[int]bool{}
		}
		u.obsoleteSeen[s.id][info.revision] = true
	}
}
