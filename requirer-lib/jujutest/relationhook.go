package jujutest

// relationHook decides a unit's next hook of a relation that it has been told of.
func (m *Model) relationHook(u *unit) *hookInfo {
	for _, r := range m.unitRelations(u) {
		if info := m.hookOf(u, r); info != nil {
			info.relation, info.prefix = r, r.endpointOf(u).name
			return info
		}
	}
	return nil
}

// hookOf decides a unit's next hook of one relation by comparing what is with what the charm was told.
func (m *Model) hookOf(u *unit, r *relation) *hookInfo {
	local := u.relations[r.id]
	if local.joined != "" {
		return &hookInfo{
			kind: kindRelationChanged, remoteUnit: local.joined, remoteApp: appOf(local.joined), version: r.units[local.joined].version(),
		}
	}
	units, apps := m.visible(u, r)
	for _, name := range sortedKeys(local.members) {
		if _, there := units[name]; !there {
			departing := name
			if u.dying || u.app.dying {
				departing = u.name
			}
			return &hookInfo{kind: kindRelationDeparts, remoteUnit: name, remoteApp: appOf(name), departing: departing}
		}
	}
	if info := m.brokenHook(u, r); info != nil {
		return info
	}
	for _, name := range sortedKeys(apps) {
		if local.apps[name] != apps[name] {
			return &hookInfo{kind: kindRelationChanged, remoteApp: name, version: apps[name]}
		}
	}
	for _, name := range sortedKeys(units) {
		if _, told := local.members[name]; !told {
			return &hookInfo{kind: kindRelationJoined, remoteUnit: name, remoteApp: appOf(name), version: units[name]}
		}
	}
	for _, name := range sortedKeys(units) {
		if local.members[name] != units[name] {
			return &hookInfo{kind: kindRelationChanged, remoteUnit: name, remoteApp: appOf(name), version: units[name]}
		}
	}
	return nil
}

// brokenHook decides whether a unit is told that a relation is over for it. Of a unit of Kubernetes that is removed, Juju
// forgets the relations so early that the hook names no other application, and comes for peers too; most of the time.
func (m *Model) brokenHook(u *unit, r *relation) *hookInfo {
	switch {
	case u.dying && u.isPod() && !r.dying:
		return &hookInfo{kind: kindRelationBroken}
	case (u.dying || r.dying) && !r.isPeer():
		return &hookInfo{kind: kindRelationBroken, remoteApp: r.other(u.app.name).app.name}
	}
	return nil
}

// visible is what a unit is told of a relation: the units on the other side (or the other peers) and the other
// application's databag (among peers their own, the writer included), by version. A unit or relation that ends sees none.
func (m *Model) visible(u *unit, r *relation) (units, apps map[string]uint64) {
	units, apps = map[string]uint64{}, map[string]uint64{}
	if u.dying || r.dying {
		return units, apps
	}
	other := r.other(u.app.name).app.name
	for name := range r.inScope {
		if name != u.name && appOf(name) == other {
			units[name] = r.units[name].version()
		}
	}
	apps[other] = r.app[other].version()
	return units, apps
}

func appOf(unit string) string {
	app, _, _ := splitUnit(unit)
	return app
}
