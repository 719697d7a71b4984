package jujutest

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// SecretInfo describes a secret, without its content.
type SecretInfo struct {
	ID, URI     string
	OwnerKind   string // "application" or "unit"
	Owner       string
	Label       string // the owner's
	Description string
	Rotate      string
	Revisions   []int // those that still exist
	Latest      int
	Expire      *time.Time // of the latest revision
	Access      []SecretAccess
	Consumers   []SecretConsumer
}

// SecretAccess is one grant.
type SecretAccess struct {
	Grantee  string // application or unit
	Relation int
}

// SecretConsumer is a unit that has read the secret.
type SecretConsumer struct {
	Unit     string
	Label    string // the consumer's own
	Revision int    // the revision that it reads until it refreshes
}

// Secrets lists the model's secrets in the order in which they were made.
func (m *Model) Secrets() []SecretInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []SecretInfo
	for _, s := range sortedValues(m.secrets, func(s *secret) string { return s.created.Format(time.RFC3339Nano) + s.id }) {
		all = append(all, s.info())
	}
	return all
}

func (s *secret) info() SecretInfo {
	info := SecretInfo{
		ID: s.id, URI: s.uri(), OwnerKind: s.ownerKind, Owner: s.owner, Label: s.label, Description: s.description,
		Rotate: s.rotate, Latest: s.latest, Revisions: slices.Sorted(maps.Keys(s.revisions)),
	}
	if latest := s.revisions[s.latest]; latest != nil {
		info.Expire = latest.expire
	}
	for _, grantee := range sortedKeys(s.grants) {
		info.Access = append(info.Access, SecretAccess{Grantee: grantee, Relation: s.grants[grantee].relation})
	}
	for _, unit := range sortedKeys(s.consumers) {
		c := s.consumers[unit]
		info.Consumers = append(info.Consumers, SecretConsumer{Unit: unit, Label: c.label, Revision: c.current})
	}
	return info
}

// RevealSecret is the content of a secret's latest revision.
func (m *Model) RevealSecret(uri string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.parseAndFind(uri)
	if err != nil {
		return nil, fmt.Errorf("reveal: %w", err)
	}
	return s.revisions[s.latest].content.decode()
}
