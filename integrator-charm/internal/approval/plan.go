package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// Plan is the changes of one cluster that wait for approval, or waited, and what became of them. It is also the report about them.
type Plan struct {
	ID        string              `json:"id"` // empty: there is none
	Number    int64               `json:"number"`
	Cluster   string              `json:"cluster"`
	Digest    string              `json:"digest"`             // of the changes: what was agreed to is exactly that
	Revision  string              `json:"revision,omitempty"` // of the state file, at first
	Author    string              `json:"author,omitempty"`   // whoever asked for it; empty: not known
	Created   time.Time           `json:"created"`
	State     State               `json:"state"`
	Since     time.Time           `json:"since"` // it has that state
	Reason    string              `json:"reason,omitempty"`
	Changes   []connectors.Change `json:"changes"`
	Needs     []Need              `json:"needs"`
	Approvals []Approval          `json:"approvals"`
	Outcome   *Outcome            `json:"outcome,omitempty"` // nil: nothing of it was applied
}

// Approval is what one person said.
type Approval struct {
	Who     string    `json:"who"`
	Verdict Verdict   `json:"verdict"`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

// Outcome is what happened when the plan was applied, in one run or several.
type Outcome struct {
	At     time.Time         `json:"at"`  // the last time
	Run    int64             `json:"run"` // likewise; its number in the history
	Done   []string          `json:"done"`
	Failed map[string]string `json:"failed"` // connector to why
}

// digestOf is that of changes, in their order, by what is done. What a cluster shows meanwhile (the state that a connector is in) and
// how a change is explained is not part of it. Of a secret value that changes, only that it does is.
func digestOf(changes []connectors.Change) (string, error) {
	type content struct {
		Name    string
		Actions []connectors.Action
		Keys    []connectors.KeyChange
		To      connect.State
		Offsets []connect.Offset `json:",omitempty"`
	}
	all := make([]content, len(changes))
	for i, change := range changes {
		all[i] = content{change.Name, change.Actions, change.Keys, change.To, change.Offsets}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

func read(kept store.Plan) (Plan, error) {
	plan := Plan{
		ID: kept.ID, Number: kept.Number, Cluster: kept.Cluster, Digest: kept.Digest, Revision: kept.Revision, Author: kept.Author,
		Created: kept.Created, State: State(kept.State), Since: kept.Changed, Reason: kept.Reason, Approvals: []Approval{},
	}
	for _, said := range kept.Approvals {
		plan.Approvals = append(plan.Approvals, Approval{Who: said.Who, Verdict: Verdict(said.Verdict), Comment: said.Comment, At: said.At})
	}
	for _, part := range []struct {
		text json.RawMessage
		into any
	}{{kept.Changes, &plan.Changes}, {kept.Needs, &plan.Needs}, {kept.Outcome, &plan.Outcome}} {
		if len(part.text) == 0 {
			continue
		}
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return Plan{}, fmt.Errorf("plan %s: %w", kept.ID, err)
		}
	}
	return plan, nil
}

func (p Plan) record() (store.Plan, error) {
	kept := store.Plan{
		ID: p.ID, Number: p.Number, Cluster: p.Cluster, Digest: p.Digest, Revision: p.Revision, Author: p.Author, Created: p.Created,
		State: string(p.State), Open: p.State.IsOpen(), Changed: p.Since, Reason: p.Reason,
	}
	for _, said := range p.Approvals {
		kept.Approvals = append(kept.Approvals, store.Approval{Who: said.Who, Verdict: string(said.Verdict), Comment: said.Comment, At: said.At})
	}
	var err error
	if kept.Changes, err = json.Marshal(p.Changes); err != nil {
		return store.Plan{}, err
	}
	if kept.Needs, err = json.Marshal(p.Needs); err != nil {
		return store.Plan{}, err
	}
	if p.Outcome != nil {
		kept.Outcome, err = json.Marshal(p.Outcome)
	}
	return kept, err
}

// move gives the plan another state; the time moves only with it.
func (p *Plan) move(to State, reason string, now time.Time) {
	if p.State != to {
		p.State, p.Since = to, now
	}
	p.Reason = reason
}
