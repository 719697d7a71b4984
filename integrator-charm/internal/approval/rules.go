package approval

import (
	"path"
	"slices"
	"strings"

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
	for key, pattern := range m.Labels {
		if value, is := subject.Labels[key]; !is || !fits(pattern, value) {
			return false
		}
	}
	return fitsAny(m.Connectors, change.Name) && fitsAny(m.Owners, subject.Owner) && m.fitsActions(change) && m.fitsKeys(change)
}

func (m Match) fitsActions(change connectors.Change) bool {
	return len(m.Changes) == 0 || slices.ContainsFunc(change.Actions, func(action connectors.Action) bool { return slices.Contains(m.Changes, action) })
}

func (m Match) fitsKeys(change connectors.Change) bool {
	return len(m.Keys) == 0 || slices.ContainsFunc(change.Keys, func(key connectors.KeyChange) bool { return fitsAny(m.Keys, key.Key) })
}

func fitsAny(patterns []string, text string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool { return fits(pattern, text) })
}

// fits takes a slash for a character like any other, in names of connectors as in addresses.
func fits(pattern, text string) bool {
	const slash = "\x00"
	found, err := path.Match(strings.ReplaceAll(pattern, "/", slash), strings.ReplaceAll(text, "/", slash))
	return err == nil && found
}

// whyHeld is what a change shows while it waits.
func whyHeld(needs []Need) string {
	rules := make([]string, len(needs))
	for i, need := range needs {
		rules[i] = need.Rule
	}
	return "waits for approval (" + strings.Join(rules, ", ") + ")"
}
