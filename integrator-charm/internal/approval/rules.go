package approval

import (
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/pattern"
	"connectcharms/requirer-lib/connectors"
)

// Subject is what rules look at beside the change itself: of the state file, or, where that does not name the connector any more, of
// its last version that did.
type Subject struct {
	Owner  string // the team
	Labels map[string]string
}

// Need is who has to agree to one change, because of one rule.
type Need struct {
	Change    string   `json:"change"` // the connector's name
	Rule      string   `json:"rule"`
	Approvers int      `json:"approvers"`     // how many
	Who       []string `json:"who,omitempty"` // of these; none: whoever has the role
	Author    bool     `json:"authorMayApprove,omitempty"`
}

// Needs are those of one change: it waits until all are met. None: it need not wait. It is a pure function.
func (c Config) Needs(change connectors.Change, subject Subject) []Need {
	var needs []Need
	for _, rule := range c.Rules {
		if rule.Match.fits(change, subject) {
			needs = append(needs, Need{
				Change: change.Name, Rule: rule.Name, Approvers: rule.approvers(), Who: c.people(rule.Who), Author: rule.Author,
			})
		}
	}
	return needs
}

func (m Match) fits(change connectors.Change, subject Subject) bool {
	return pattern.FitsAny(m.Connectors, change.Name) && pattern.FitsAny(m.Owners, subject.Owner) && pattern.FitsAll(m.Labels, subject.Labels) &&
		m.fitsActions(change) && m.fitsKeys(change)
}

func (m Match) fitsActions(change connectors.Change) bool {
	return len(m.Changes) == 0 || slices.ContainsFunc(change.Actions, func(action connectors.Action) bool { return slices.Contains(m.Changes, action) })
}

func (m Match) fitsKeys(change connectors.Change) bool {
	return len(m.Keys) == 0 || slices.ContainsFunc(change.Keys, func(key connectors.KeyChange) bool { return pattern.FitsAny(m.Keys, key.Key) })
}

// whyHeld is what a change shows while it waits.
func whyHeld(needs []Need) string {
	rules := make([]string, len(needs))
	for i, need := range needs {
		rules[i] = need.Rule
	}
	return "waits for approval (" + strings.Join(rules, ", ") + ")"
}
