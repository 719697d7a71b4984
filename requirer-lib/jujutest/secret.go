package jujutest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The kinds of owners of a secret.
const (
	ownerApplication = "application"
	ownerUnit        = "unit"
)

// secret is one secret. The fields are the model's.
type secret struct {
	id                 string
	ownerKind, owner   string
	label, description string
	rotate             string
	nextRotate         *time.Time
	revisions          map[int]*secretRevision
	latest             int
	grants             map[string]grant     // by application or unit
	consumers          map[string]*consumer // by unit
	rotationDue        bool
	expiredDue         []int // revisions
	created            time.Time
}

type secretRevision struct {
	content  secretContent
	expire   *time.Time
	obsolete bool
}

// grant lets an application or a unit read a secret for as long as a relation lasts.
type grant struct {
	relation int
	scope    string
}

// consumer is what one unit has of a secret: its own label and the revision that it keeps reading.
type consumer struct {
	label   string
	current int
}

// secretContent is base64 text by key.
type secretContent map[string]string

func (c secretContent) checksum() string {
	text, _ := json.Marshal(map[string]string(c)) // text by text cannot fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (c secretContent) decode() (map[string]string, error) {
	plain := make(map[string]string, len(c))
	for key, value := range c {
		bytes, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return nil, err
		}
		plain[key] = string(bytes)
	}
	return plain, nil
}

func (s *secret) uri() string { return "secret:" + s.id }

// subjectTag is the tag of an application or a unit.
func subjectTag(name string) string {
	if isUnitName(name) {
		return "unit-" + strings.ReplaceAll(name, "/", "-")
	}
	return "application-" + name
}

// ownedBy says whether the unit may manage the secret: its own, or as leader its application's.
func (s *secret) ownedBy(u *unit) bool {
	return s.owner == u.name || s.owner == u.app.name && u.isLeader()
}

// readableBy says whether a unit may read the secret: as owner, as a unit of the owning application, or by a grant.
func (s *secret) readableBy(u *unit) bool {
	if s.owner == u.name || s.owner == u.app.name {
		return true
	}
	_, asUnit := s.grants[u.name]
	_, asApp := s.grants[u.app.name]
	return asUnit || asApp
}

// markObsolete notes the revisions that nobody reads and that are not the latest. It never takes the mark back.
func (s *secret) markObsolete() {
	used := map[int]bool{s.latest: true}
	for _, c := range s.consumers {
		used[c.current] = true
	}
	for n, revision := range s.revisions {
		if !used[n] {
			revision.obsolete = true
		}
	}
}

// secretURI is a parsed secret URI: "secret:ID", "secret://MODEL-UUID/ID" or "ID".
type secretURI struct{ model, id string }

var (
	modelUUIDPattern = regexp.MustCompile(`^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$`)
	secretIDPattern  = regexp.MustCompile(`^((?:[a-f0-9-]{36})/)?([0-9a-v]{20})$`)
	secretKeyPattern = regexp.MustCompile(`^([a-z](?:-?[a-z0-9]){2,})$`)
	secretIDEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)
)

func newSecretID() string {
	var b [12]byte
	rand.Read(b[:]) // never fails
	return secretIDEncoding.EncodeToString(b[:])
}

func parseSecretURI(text string) (secretURI, error) {
	u, err := url.Parse(text)
	if err != nil {
		return secretURI{}, err
	}
	if u.Scheme != "" && u.Scheme != "secret" {
		return secretURI{}, fmt.Errorf("secret URI scheme %q not valid", u.Scheme)
	}
	if u.Host != "" && !modelUUIDPattern.MatchString(u.Host) {
		return secretURI{}, fmt.Errorf("host controller UUID %q not valid", u.Host)
	}
	path := strings.TrimLeft(u.Path, "/")
	if path == "" {
		path = u.Opaque
	}
	match := secretIDPattern.FindStringSubmatch(path)
	if match == nil {
		return secretURI{}, fmt.Errorf("secret URI %q not valid", text)
	}
	model := strings.TrimSuffix(match[1], "/")
	if model == "" {
		model = u.Host
	}
	return secretURI{model: model, id: match[2]}, nil
}

// findSecret finds a secret of this model.
func (m *Model) findSecret(uri secretURI) (*secret, error) {
	s, ok := m.secrets[uri.id]
	if !ok || uri.model != "" && uri.model != m.uuid {
		return nil, errors.New("getting latest secret revision: secret not found")
	}
	return s, nil
}

// secretsOwnedBy copies the secrets that a unit manages, by id: what a hook does to a label, it does not see itself.
func (m *Model) secretsOwnedBy(u *unit) map[string]*secret {
	owned := map[string]*secret{}
	for id, s := range m.secrets {
		if s.ownedBy(u) {
			now := *s
			owned[id] = &now
		}
	}
	return owned
}

func (m *Model) removeSecretsOf(kind, owner string) {
	maps.DeleteFunc(m.secrets, func(_ string, s *secret) bool { return s.ownerKind == kind && s.owner == owner })
}

// secretHook decides a unit's next secret hook: expired, rotate, changed, remove. As in Juju JUJU_SECRET_ID is the bare ID where
// the hook is about a revision of one's own secret, and a URI otherwise.
func (m *Model) secretHook(u *unit) *hookInfo {
	if !u.installed || u.dying {
		return nil
	}
	secrets := sortedValues(m.secrets, func(s *secret) string { return s.created.Format(time.RFC3339Nano) + s.id })
	for _, s := range secrets {
		if s.ownedBy(u) && len(s.expiredDue) > 0 {
			return &hookInfo{kind: kindSecretExpired, secret: s.id, label: s.label, revision: s.expiredDue[0]}
		}
	}
	for _, s := range secrets {
		if s.ownedBy(u) && s.rotationDue {
			return &hookInfo{kind: kindSecretRotate, secret: s.uri(), label: s.label}
		}
	}
	for _, s := range secrets {
		if c := s.consumers[u.name]; c != nil && c.current < s.latest && u.secretsSeen[s.id] != s.latest {
			return &hookInfo{kind: kindSecretChanged, secret: s.uri(), label: m.labelFor(s, u), version: uint64(s.latest)}
		}
	}
	for _, s := range secrets {
		for _, n := range slices.Sorted(maps.Keys(s.revisions)) {
			if s.ownedBy(u) && s.revisions[n].obsolete && !u.obsoleteSeen[s.id][n] {
				return &hookInfo{kind: kindSecretRemove, secret: s.id, label: s.label, revision: n}
			}
		}
	}
	return nil
}

// labelFor is the label under which a unit knows a secret: its own, or as owner the owner's.
func (m *Model) labelFor(s *secret, u *unit) string {
	if c := s.consumers[u.name]; c != nil && c.label != "" {
		return c.label
	}
	if s.owner == u.name || s.owner == u.app.name {
		return s.label
	}
	return ""
}

// The periods of rotation policies.
var rotation = map[string]func(time.Time) time.Time{
	"never":     nil,
	"hourly":    func(t time.Time) time.Time { return t.Add(time.Hour) },
	"daily":     func(t time.Time) time.Time { return t.AddDate(0, 0, 1) },
	"weekly":    func(t time.Time) time.Time { return t.AddDate(0, 0, 7) },
	"monthly":   func(t time.Time) time.Time { return t.AddDate(0, 1, 0) },
	"quarterly": func(t time.Time) time.Time { return t.AddDate(0, 3, 0) },
	"yearly":    func(t time.Time) time.Time { return t.AddDate(1, 0, 0) },
}

// setRotation sets the policy and the time of the next rotation.
func (s *secret) setRotation(policy string) {
	s.rotate = policy
	s.nextRotate = nil
	if next := rotation[policy]; next != nil {
		at := next(time.Now().UTC())
		s.nextRotate = &at
	}
}

// RotateSecret makes a secret's rotation due, whatever its policy: its owner (of an application's secret the leader) runs
// secret-rotate in the next Settle. The model has no timers of its own.
func (m *Model) RotateSecret(uri string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.parseAndFind(uri)
	if err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	s.rotationDue = true
	return nil
}

// ExpireSecret makes a secret's latest revision expire: its owner runs secret-expired in the next Settle.
func (m *Model) ExpireSecret(uri string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.parseAndFind(uri)
	if err != nil {
		return fmt.Errorf("expire: %w", err)
	}
	s.expiredDue = append(s.expiredDue, s.latest)
	return nil
}

func (m *Model) parseAndFind(uri string) (*secret, error) {
	parsed, err := parseSecretURI(uri)
	if err != nil {
		return nil, err
	}
	return m.findSecret(parsed)
}
