package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// secretChanges are what one hook has done to secrets so far. Nothing of it counts before the hook succeeds.
type secretChanges struct {
	creates     []*secretChange
	updates     []*secretChange
	deletes     []secretDelete
	grants      []secretGrant
	revokes     []secretGrant
	trackLatest []string
}

// secretChange is a secret to make or what to change of one; nil and empty fields stay as they are.
type secretChange struct {
	id                 string
	ownerKind, owner   string
	content            secretContent
	rotate             *string
	expire             *time.Time
	description, label *string
}

type secretDelete struct {
	id        string
	revisions []int // empty: the whole secret
}

type secretGrant struct {
	id       string
	subject  string // application or unit
	relation *relation
}

func newSecretChanges() *secretChanges { return &secretChanges{} }

func (p *secretChanges) create(id string) *secretChange { return findChange(p.creates, id) }
func (p *secretChanges) update(id string) *secretChange { return findChange(p.updates, id) }

func findChange(in []*secretChange, id string) *secretChange {
	for _, change := range in {
		if change.id == id {
			return change
		}
	}
	return nil
}

// add notes a new secret.
func (p *secretChanges) add(change *secretChange) error {
	for _, other := range p.creates {
		if other.label != nil && change.label != nil && *other.label == *change.label {
			return fmt.Errorf("secret with label %q already exists", *change.label)
		}
	}
	p.creates = append(p.creates, change)
	return nil
}

// set notes a change, together with what the hook has already noted of the secret.
func (p *secretChanges) set(change *secretChange) {
	p.deletes = slices.DeleteFunc(p.deletes, func(d secretDelete) bool { return d.id == change.id })
	for _, earlier := range []*secretChange{p.create(change.id), p.update(change.id)} {
		if earlier != nil {
			earlier.merge(change)
			return
		}
	}
	p.updates = append(p.updates, change)
}

func (c *secretChange) merge(later *secretChange) {
	if len(later.content) > 0 {
		c.content = later.content
	}
	if later.rotate != nil {
		c.rotate = later.rotate
	}
	if later.expire != nil {
		c.expire = later.expire
	}
	if later.description != nil {
		c.description = later.description
	}
	if later.label != nil {
		c.label = later.label
	}
}

// remove notes a removal; what the hook did to the secret before is void.
func (p *secretChanges) remove(id string, revision int) {
	p.creates = slices.DeleteFunc(p.creates, func(c *secretChange) bool { return c.id == id })
	p.updates = slices.DeleteFunc(p.updates, func(c *secretChange) bool { return c.id == id })
	p.grants = slices.DeleteFunc(p.grants, func(g secretGrant) bool { return g.id == id })
	p.revokes = slices.DeleteFunc(p.revokes, func(g secretGrant) bool { return g.id == id })
	for i := range p.deletes {
		if d := &p.deletes[i]; d.id == id {
			if len(d.revisions) > 0 && revision > 0 {
				d.revisions = append(d.revisions, revision)
			} else {
				d.revisions = nil
			}
			return
		}
	}
	removed := secretDelete{id: id}
	if revision > 0 {
		removed.revisions = []int{revision}
	}
	p.deletes = append(p.deletes, removed)
}

// check refuses what the unit may not do, before anything is applied. Changes to secrets that are gone are left out, and so
// are grants of secrets that the hook itself makes (see [Options.GrantsSurviveSecretAdd]).
func (p *secretChanges) check(c *hookContext) error {
	for _, change := range p.creates {
		if change.ownerKind == ownerApplication && !c.unit.isLeader() {
			return fmt.Errorf("creating secrets: %q is not leader of %q", c.unit.name, c.unit.app.name)
		}
		if err := c.checkLabel(change, change.ownerKind, change.owner); err != nil {
			return fmt.Errorf("create secrets: %w", err)
		}
	}
	for _, change := range p.updates {
		if err := c.checkManage("updating secrets", change.id); err != nil {
			return err
		}
		if s := c.model.secrets[change.id]; s != nil {
			if err := c.checkLabel(change, s.ownerKind, s.owner); err != nil {
				return fmt.Errorf("update secrets: updating secret %q: %w", change.id, err)
			}
		}
	}
	for _, g := range p.grants {
		if err := c.checkGrant(g); err != nil {
			return err
		}
	}
	for _, g := range p.revokes {
		if err := c.checkManage("revoking secrets access", g.id); err != nil {
			return err
		}
	}
	for _, d := range p.deletes {
		if err := c.checkManage("removing secrets", d.id); err != nil {
			return err
		}
	}
	return nil
}

// checkManage refuses changes to secrets of others.
func (c *hookContext) checkManage(doing, id string) error {
	if s := c.model.secrets[id]; s != nil && !s.ownedBy(c.unit) {
		return fmt.Errorf("%s: %q is not allowed to manage this secret", doing, c.unit.name)
	}
	return nil
}

func (c *hookContext) checkGrant(g secretGrant) error {
	if err := c.checkManage("granting secrets access", g.id); err != nil {
		return err
	}
	if g.relation.isPeer() {
		return errors.New("granting secrets access: granting access to a secret over a peer relation is not supported")
	}
	s := c.model.secrets[g.id]
	if s == nil {
		return nil
	}
	if old, ok := s.grants[g.subject]; ok && old.relation != g.relation.id {
		return fmt.Errorf("grant secrets access: cannot change scope or subject type of existing grant for %q on %q", g.subject, g.id)
	}
	return nil
}

// checkLabel refuses a label that the owner already uses; an application and its units share their labels.
func (c *hookContext) checkLabel(change *secretChange, kind, owner string) error {
	if change.label == nil || *change.label == "" {
		return nil
	}
	for id, s := range c.model.secrets {
		if id == change.id || s.label != *change.label {
			continue
		}
		shared := s.owner == owner || kind == ownerApplication && appOf(s.owner) == owner ||
			kind == ownerUnit && s.owner == appOf(owner)
		if shared {
			return fmt.Errorf("secret with label %q already exists", *change.label)
		}
	}
	return nil
}

// apply does what was noted, in Juju's order: make, change, grant, revoke, remove, track.
func (p *secretChanges) apply(c *hookContext, now time.Time) {
	existing := map[string]bool{}
	for id := range c.model.secrets {
		existing[id] = true
	}
	for i, change := range p.creates {
		c.model.secrets[change.id] = change.newSecret(now.Add(time.Duration(i)))
	}
	for _, change := range p.updates {
		if s := c.model.secrets[change.id]; s != nil {
			s.change(change)
		}
	}
	for _, g := range p.grants {
		s := c.model.secrets[g.id]
		lost := !existing[g.id] && !c.model.options.GrantsSurviveSecretAdd
		_, alive := c.model.relations[g.relation.id]
		if s != nil && !lost && alive {
			s.grants[g.subject] = grant{relation: g.relation.id, scope: g.relation.tag()}
		}
	}
	for _, g := range p.revokes {
		if s := c.model.secrets[g.id]; s != nil {
			delete(s.grants, g.subject)
		}
	}
	for _, d := range p.deletes {
		c.model.deleteRevisions(d)
	}
	for _, id := range p.trackLatest {
		if s := c.model.secrets[id]; s != nil {
			s.consume(c.unit.name).current = s.latest
			s.markObsolete()
		}
	}
}

func (c *secretChange) newSecret(now time.Time) *secret {
	s := &secret{
		id: c.id, ownerKind: c.ownerKind, owner: c.owner, rotate: "never", created: now,
		revisions: map[int]*secretRevision{}, grants: map[string]grant{}, consumers: map[string]*consumer{},
	}
	s.change(c)
	return s
}

// change applies one noted change; new content becomes a new revision unless it is the latest one's.
func (s *secret) change(c *secretChange) {
	latest := s.revisions[s.latest]
	if len(c.content) > 0 && (latest == nil || latest.content.checksum() != c.content.checksum()) {
		s.latest++
		latest = &secretRevision{content: c.content}
		s.revisions[s.latest] = latest
		s.markObsolete()
	}
	if c.expire != nil && latest != nil {
		latest.expire = c.expire
	}
	if c.rotate != nil {
		s.setRotation(*c.rotate)
	}
	if c.description != nil {
		s.description = *c.description
	}
	if c.label != nil {
		s.label = *c.label
	}
}

// consume is the unit's record of the secret, made when there is none.
func (s *secret) consume(unit string) *consumer {
	c := s.consumers[unit]
	if c == nil {
		c = &consumer{}
		s.consumers[unit] = c
	}
	return c
}

// deleteRevisions removes revisions of a secret, and the secret with its last one.
func (m *Model) deleteRevisions(d secretDelete) {
	s := m.secrets[d.id]
	if s == nil {
		return
	}
	for _, n := range d.revisions {
		delete(s.revisions, n)
	}
	if len(d.revisions) == 0 || len(s.revisions) == 0 {
		delete(m.secrets, d.id)
		return
	}
	s.latest = slices.Max(slices.Collect(maps.Keys(s.revisions)))
}

// accessTarget is one grant as secret-info-get shows it.
type accessTarget struct {
	Target string `json:"target" yaml:"target"`
	Scope  string `json:"scope" yaml:"scope"`
	Role   string `json:"role" yaml:"role"`
}

// access lists a secret's grants. As in Juju a hook does not see those that it makes or takes back itself.
func (s *secret) access() []accessTarget {
	var all []accessTarget
	for _, subject := range sortedKeys(s.grants) {
		all = append(all, accessTarget{Target: subjectTag(subject), Scope: s.grants[subject].scope, Role: "view"})
	}
	return all
}
