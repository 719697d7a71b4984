package faults

import (
	"maps"
	"slices"
	"sync"
	"time"

	"connectcharms/requirer-lib/jujutest"
)

// login is a user name and its password.
type login struct{ username, password string }

// Ledger is what was seen of logins: nothing in the pair itself remembers those that have ended.
type Ledger struct {
	mu sync.Mutex
	// relations are those of clients, by the relation that they were published for.
	relations map[login]int
	// ended are those of the operator that were taken back.
	ended map[login]bool
	// withoutOverlap says that a password may end with the announcement of the next one.
	withoutOverlap bool
	// leaving are units that were told to go.
	leaving map[string]bool
	// harmed are the times at which a unit's hooks may fail, for something was taken from them.
	harmed map[string][]span
}

type span struct{ from, to time.Time }

func newLedger() *Ledger {
	return &Ledger{relations: map[login]int{}, ended: map[login]bool{}, leaving: map[string]bool{}, harmed: map[string][]span{}}
}

func (l *Ledger) see(p Published) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.relations[login{p.Username, p.Password}] = p.Relation
}

func (l *Ledger) end(account login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[account] = true
}

func (l *Ledger) leaves(unit string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaving[unit] = true
}

func (l *Ledger) isLeaving(unit string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leaving[unit]
}

// harm notes that something was taken from a unit at a moment, or for a time, that its hooks cannot do without.
func (l *Ledger) harm(unit string, from, to time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.harmed[unit] = append(l.harmed[unit], span{from, to})
}

// excuses says whether a hook ran while its unit was harmed.
func (l *Ledger) excuses(run jujutest.HookRun) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.harmed[run.Unit], func(s span) bool {
		return !run.Started.After(s.to) && !run.Started.Add(run.Duration).Before(s.from)
	})
}

// of are the logins that were published for one relation.
func (l *Ledger) of(relation int) (all []login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for account, of := range l.relations {
		if of == relation {
			all = append(all, account)
		}
	}
	return all
}

// all are all logins that were ever good.
func (l *Ledger) all() []login {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(slices.Collect(maps.Keys(l.relations)), slices.Collect(maps.Keys(l.ended)))
}

// endAbruptly notes that from now on, or from now on no more, passwords may end without an overlap.
func (l *Ledger) endAbruptly(may bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.withoutOverlap = may
}

func (l *Ledger) abrupt() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.withoutOverlap
}
