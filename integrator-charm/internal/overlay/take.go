package overlay

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/secret"
)

// Message is what a connector wants to have changed.
type Message struct {
	control.Update
	EmittedAt time.Time
	TakenAt   time.Time
	By        string
	Digest    string // tells it from others
}

// Newer leaves of a message what no later one has said otherwise. Of two that were emitted at the same time, the one that comes
// later counts.
func (o Overlay) Newer(m Message) Message {
	isOld := func(key string) bool {
		left, hasLeft := o.Left[key]
		return o.Keys[key].EmittedAt.After(m.EmittedAt) || hasLeft && !left.Before(m.EmittedAt)
	}
	m.Set = maps.Clone(m.Set)
	maps.DeleteFunc(m.Set, func(key string, _ secret.Value) bool { return isOld(key) })
	m.Remove = slices.DeleteFunc(slices.Clone(m.Remove), isOld)
	return m
}

// Terms are what a message is taken by.
type Terms struct {
	Cluster  string
	Declared connectors.Connector // by the state file
	Bases    *Bases
	IsSecret func(key string) bool // by the plugin's definition, the state file, the key's name
	// Reference is what the configuration says for a file of the workers.
	Reference func(file string) string
}

// Take lays a message's keys, which conform. A message that says what is so already makes no new version; one that says what the
// state file says takes the key out. It ends that the connector is kept stopped.
func (o Overlay) Take(m Message, t Terms) (taken Overlay, changed []string) {
	taken = o.met(Met{Digest: m.Digest}).clone()
	for key, value := range m.Set {
		if taken.take(key, Key{Value: value}, m, t) {
			changed = append(changed, key)
		}
	}
	for _, key := range m.Remove {
		if taken.take(key, Key{Removed: true}, m, t) {
			changed = append(changed, key)
		}
	}
	slices.Sort(changed)
	if len(changed) > 0 {
		taken.Version++
		taken = taken.changes(m.By, changed)
	}
	taken.Halted = nil
	taken.forgetOldest()
	return taken, changed
}

// take lays one key, and says whether that changes anything.
func (o Overlay) take(name string, key Key, m Message, t Terms) bool {
	declared, isDeclared := t.Declared.Config[name]
	was, isLaid := o.Keys[name]
	isLaid = isLaid && t.Bases.Is(was.Base, declared, isDeclared)
	if key.Removed && !isDeclared || !key.Removed && isDeclared && key.Value.Reveal() == declared {
		o.leave(name)
		o.Left[name] = m.EmittedAt
		return isLaid
	}
	key.EmittedAt, key.TakenAt, key.By, key.Version = m.EmittedAt, m.TakenAt, m.By, o.Version+1
	isSecret := t.IsSecret(name)
	if isLaid && key.Removed == was.Removed && key.Value == was.Value && (key.Removed || isSecret == was.IsSecret()) {
		key.Base, key.File, key.Reference, key.Version = was.Base, was.File, was.Reference, was.Version
		o.Keys[name] = key
		return false
	}
	if key.Base = was.Base; !isLaid {
		key.Base = connectors.NewBase(declared, isDeclared, isSecret)
	}
	if isSecret && !key.Removed {
		key.File = FileName(t.Cluster, o.Connector, name, key.Version)
		key.Reference = t.Reference(key.File)
		o.Files[key.File] = key.Value
	}
	o.Keys[name] = key
	return true
}

// mostLeft is of how many keys that have left it is remembered when.
const mostLeft = 400

func (o Overlay) forgetOldest() {
	names := slices.SortedFunc(maps.Keys(o.Left), func(a, b string) int { return o.Left[b].Compare(o.Left[a]) })
	for _, name := range names[min(mostLeft, len(names)):] {
		delete(o.Left, name)
	}
}

// Clear takes keys out; none: all of them, and that the connector is kept stopped. It says which were there.
func (o Overlay) Clear(keys []string) (cleared Overlay, gone []string) {
	for key := range o.Keys {
		if len(keys) == 0 || slices.Contains(keys, key) {
			gone = append(gone, key)
		}
	}
	slices.Sort(gone)
	cleared = o.without(gone)
	if len(keys) == 0 {
		cleared.Halted = nil
	}
	if len(gone) > 0 {
		cleared.Version++
	}
	return cleared, gone
}

// By has a change be in the history as somebody's.
func (o Overlay) By(who string, keys []string) Overlay {
	if len(keys) == 0 {
		return o
	}
	return o.changes(who, keys)
}

// Refuse keeps the connector stopped, because of a message that does not conform. Nothing else changes.
func (o Overlay) Refuse(m Message, problems []Problem, declared connectors.Connector) Overlay {
	was := o.Halted
	o = o.met(Met{Digest: m.Digest, Problems: problems})
	if was == nil || !slices.Equal(was.Problems, problems) || !was.Entry.IsOf(declared) {
		o.Halted = &Halt{Since: m.TakenAt, By: m.By, Problems: problems, Entry: connectors.NewEntryBase(declared)}
	}
	return o
}

// IsHaltedLike says whether two are kept stopped for the same reason, since the same message.
func (o Overlay) IsHaltedLike(other Overlay) bool { return o.Halted != nil && o.Halted == other.Halted }

// Hold notes that the connector was seen stopped.
func (o Overlay) Hold() Overlay {
	held := *o.Halted
	held.Held = true
	o.Halted = &held
	return o
}

// Release ends that the connector is kept stopped.
func (o Overlay) Release() Overlay {
	o.Halted = nil
	return o
}

// Prune lets go of the files that no key refers to any more.
func (o Overlay) Prune() Overlay {
	o = o.clone()
	maps.DeleteFunc(o.Files, func(file string, _ secret.Value) bool {
		return !slices.ContainsFunc(slices.Collect(maps.Values(o.Keys)), func(key Key) bool { return key.File == file })
	})
	return o
}

// Wanted are the names of the files that workers may still want: also of those that only the cluster has noted, whose values are
// not known here.
func (o Overlay) Wanted() []string {
	names := slices.Collect(maps.Keys(o.Files))
	for _, key := range o.Keys {
		if key.IsSecret() {
			names = append(names, fileOf(key.Reference))
		}
	}
	return names
}

// MatchesVersion says whether the overlay is the one that If-Match names: "7", or 7; empty: any; *: any that there is.
func (o Overlay) MatchesVersion(ifMatch string) bool {
	switch ifMatch {
	case "":
		return true
	case "*":
		return o.Version > 0
	}
	wanted, err := strconv.Unquote(ifMatch)
	if err != nil {
		wanted = ifMatch
	}
	return wanted == strconv.FormatInt(o.Version, 10)
}
