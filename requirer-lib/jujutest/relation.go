package jujutest

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// The keys that the model writes into a unit's databag when it enters a relation; a charm cannot change them.
const (
	keyIngress = "ingress-address"
	keyEgress  = "egress-subnets"
)

type databag map[string]string

// relation is a relation of two applications, or of one with itself among peers.
type relation struct {
	id      int
	sides   []side
	dying   bool
	app     map[string]databag // by application
	units   map[string]databag // by unit; those that left stay readable
	inScope map[string]bool    // units that take part now
}

type side struct {
	app      *application
	endpoint endpoint
}

// unitRelation is what a unit's agent remembers of one relation.
type unitRelation struct {
	created bool
	members map[string]uint64 // version of the databag the charm was last told of, by unit
	apps    map[string]uint64
	// joined is the unit whose relation-joined has run and whose relation-changed has not
	joined string
	cache  map[string]databag // what relation-get answered for members, kept until their next hook
}

func (r *relation) isPeer() bool { return len(r.sides) == 1 }

func (r *relation) has(app *application) bool { return r.side(app.name) != nil }

func (r *relation) side(app string) *side {
	for i := range r.sides {
		if r.sides[i].app.name == app {
			return &r.sides[i]
		}
	}
	return nil
}

// other is the side that app's units talk to; in a peer relation their own.
func (r *relation) other(app string) *side {
	for i := range r.sides {
		if r.sides[i].app.name != app {
			return &r.sides[i]
		}
	}
	return &r.sides[0]
}

// key names the relation as Juju does: provider side last.
func (r *relation) key() string {
	var names []string
	for _, s := range r.sides {
		names = append(names, s.app.name+":"+s.endpoint.name)
	}
	return strings.Join(names, " ")
}

// tag is the key in the form that secret grants show.
func (r *relation) tag() string {
	return "relation-" + strings.ReplaceAll(strings.ReplaceAll(r.key(), ":", "."), " ", "#")
}

func (r *relation) endpointOf(u *unit) endpoint { return r.side(u.app.name).endpoint }

// longID is the id as hooks see it, such as "database:7".
func (r *relation) longID(u *unit) string { return fmt.Sprintf("%s:%d", r.endpointOf(u).name, r.id) }

// version tells one content of a databag from another: the same content has the same version, no content has 0.
func (d databag) version() uint64 {
	if len(d) == 0 {
		return 0
	}
	hash := fnv.New64a()
	for _, key := range sortedKeys(d) {
		fmt.Fprintf(hash, "%d:%s%d:%s", len(key), key, len(d[key]), d[key])
	}
	return hash.Sum64()
}

// set writes key, or removes it when value is empty.
func (d databag) set(key, value string) {
	if value == "" {
		delete(d, key)
		return
	}
	d[key] = value
}

// Integrate relates two applications, each given as "app" or "app:endpoint", and returns the relation's id. Without
// endpoints the one pair that fits is taken, as Juju does.
func (m *Model) Integrate(a, b string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first, second, err := m.findEndpoints(a, b)
	if err != nil {
		return 0, fmt.Errorf("integrate %s with %s: %w", a, b, err)
	}
	for _, r := range m.relations {
		if !r.isPeer() && r.joins(first) && r.joins(second) {
			return 0, fmt.Errorf("integrate %s with %s: relation %q already exists", a, b, r.key())
		}
	}
	for _, s := range []side{first, second} {
		if limit := s.endpoint.limit; limit > 0 && m.countRelations(s) >= limit {
			return 0, fmt.Errorf("integrate %s with %s: establishing a new relation for %s:%s would exceed its maximum relation limit of %d",
				a, b, s.app.name, s.endpoint.name, limit)
		}
	}
	return m.addRelation(first, second).id, nil
}

func (r *relation) joins(s side) bool {
	mine := r.side(s.app.name)
	return mine != nil && mine.endpoint.name == s.endpoint.name
}

func (m *Model) countRelations(s side) int {
	count := 0
	for _, r := range m.relations {
		if r.joins(s) {
			count++
		}
	}
	return count
}

// addRelation adds a relation, the requirer's side first.
func (m *Model) addRelation(sides ...side) *relation {
	slices.SortStableFunc(sides, func(a, b side) int { return -cmp.Compare(a.endpoint.role, b.endpoint.role) })
	r := &relation{
		id: m.nextRelation, sides: sides,
		app: map[string]databag{}, units: map[string]databag{}, inScope: map[string]bool{},
	}
	for _, s := range sides {
		r.app[s.app.name] = databag{}
	}
	m.relations[r.id] = r
	m.nextRelation++
	return r
}

func (m *Model) addPeerRelations(app *application) {
	for _, e := range app.meta().endpoints() {
		s := side{app: app, endpoint: e}
		if e.role == rolePeer && m.countRelations(s) == 0 {
			m.addRelation(s)
		}
	}
}

// findEndpoints finds the one pair of endpoints that a and b can mean.
func (m *Model) findEndpoints(a, b string) (side, side, error) {
	left, err := m.candidates(a)
	if err != nil {
		return side{}, side{}, err
	}
	right, err := m.candidates(b)
	if err != nil {
		return side{}, side{}, err
	}
	var pairs [][2]side
	for _, x := range left {
		for _, y := range right {
			if x.app != y.app && fits(x.endpoint, y.endpoint) {
				pairs = append(pairs, [2]side{x, y})
			}
		}
	}
	switch len(pairs) {
	case 0:
		return side{}, side{}, fmt.Errorf("no compatible endpoints found between applications")
	case 1:
		return pairs[0][0], pairs[0][1], nil
	}
	var choices []string
	for _, pair := range pairs {
		choices = append(choices, fmt.Sprintf("%q", pair[0].app.name+":"+pair[0].endpoint.name+" "+pair[1].app.name+":"+pair[1].endpoint.name))
	}
	return side{}, side{}, fmt.Errorf("ambiguous relation: name the endpoints; it could be %s", strings.Join(choices, "; "))
}

func fits(a, b endpoint) bool {
	return a.iface == b.iface && (a.role == roleProvider && b.role == roleRequirer || a.role == roleRequirer && b.role == roleProvider)
}

func (m *Model) candidates(name string) ([]side, error) {
	appName, endpointName, named := strings.Cut(name, ":")
	app, err := m.application(appName)
	if err != nil {
		return nil, err
	}
	if app.dying {
		return nil, fmt.Errorf("application %q is being removed", appName)
	}
	var all []side
	for _, e := range app.meta().endpoints() {
		if e.role != rolePeer && (!named || e.name == endpointName) {
			all = append(all, side{app: app, endpoint: e})
		}
	}
	if named && len(all) == 0 {
		return nil, fmt.Errorf("application %q has no %q relation", appName, endpointName)
	}
	return all, nil
}

// RemoveRelation ends the relation between two applications: their units depart and run relation-broken in the next
// Settle, then it is gone with its databags and grants.
func (m *Model) RemoveRelation(a, b string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []*relation
	for _, r := range m.sortedRelations() {
		if !r.isPeer() && r.matches(a) && r.matches(b) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return fmt.Errorf("remove relation of %s and %s: %d relations fit; name the endpoints as app:endpoint", a, b, len(found))
	}
	found[0].dying = true
	m.removeDeadRelation(found[0])
	return nil
}

func (r *relation) matches(name string) bool {
	app, endpointName, named := strings.Cut(name, ":")
	s := r.side(app)
	return s != nil && (!named || s.endpoint.name == endpointName)
}

// removeDeadRelation removes a relation that was told to end and that no unit takes part in any more.
func (m *Model) removeDeadRelation(r *relation) {
	if !r.dying || len(r.inScope) > 0 {
		return
	}
	delete(m.relations, r.id)
	for _, s := range m.secrets {
		maps.DeleteFunc(s.grants, func(_ string, g grant) bool { return g.relation == r.id })
	}
}

// enterScope makes a unit take part in a relation, with what the model says of its network.
func (m *Model) enterScope(r *relation, u *unit) {
	r.inScope[u.name] = true
	r.units[u.name] = databag{keyIngress: u.ingress, keyEgress: u.ingress + "/32"}
	u.relations[r.id] = &unitRelation{members: map[string]uint64{}, apps: map[string]uint64{}, cache: map[string]databag{}}
}

func (m *Model) leaveScope(r *relation, u *unit) {
	delete(r.inScope, u.name)
	delete(u.relations, r.id)
	m.removeDeadRelation(r)
}

// RelationData is a copy of a databag: an application's or a unit's. The error says so when there is no such relation or
// databag.
func (m *Model) RelationData(id int, appOrUnit string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.relations[id]
	if !ok {
		return nil, fmt.Errorf("read the databag of %s: relation %d not found", appOrUnit, id)
	}
	bags := r.app
	if isUnitName(appOrUnit) {
		bags = r.units
	}
	bag, ok := bags[appOrUnit]
	if !ok {
		return nil, fmt.Errorf("read the databag of %s: it is not in relation %d (%s)", appOrUnit, id, r.key())
	}
	return maps.Clone(bag), nil
}

// RelationInfo describes a relation.
type RelationInfo struct {
	ID        int
	Interface string
	Endpoints []string // "app:endpoint": the requirer's first; one in a peer relation
	Dying     bool
	Units     []string // those that take part
}

// Relations lists the model's relations, peer relations included, in the order of their ids.
func (m *Model) Relations() []RelationInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []RelationInfo
	for _, r := range m.sortedRelations() {
		all = append(all, RelationInfo{
			ID: r.id, Interface: r.sides[0].endpoint.iface, Endpoints: strings.Fields(r.key()), Dying: r.dying,
			Units: sortedKeys(r.inScope),
		})
	}
	return all
}
