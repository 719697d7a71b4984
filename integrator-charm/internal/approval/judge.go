package approval

import (
	"fmt"
	"slices"
	"strings"
)

// State is how far a plan is.
//
//	          a rejection stands         the plan became another, or nothing
//	pending ───────────────────► rejected ─────────────► superseded
//	   │  ▲───────────────────────  │     (from pending, approved too)
//	   │      it is taken back
//	   ▼ all needs are met                 its time is over
//	approved ───────────────────► applied     ─────────► expired (from all that wait)
//	           all of it was done
type State string

// The states. The first three are open: the plan is that of its cluster.
const (
	Pending    State = "pending"
	Approved   State = "approved"
	Rejected   State = "rejected"
	Applied    State = "applied"
	Superseded State = "superseded"
	Expired    State = "expired"
)

// IsOpen says whether the plan is still the one of its cluster.
func (s State) IsOpen() bool { return s == Pending || s == Approved || s == Rejected }

// Verdict is what somebody says of a plan.
type Verdict string

// The verdicts.
const (
	Approve Verdict = "approved"
	Reject  Verdict = "rejected"
)

// judge is where a plan stands after all that was said of it. Of each person, what was said last holds.
func judge(plan Plan) State {
	last := plan.lastVerdicts()
	for _, verdict := range last {
		if verdict == Reject {
			return Rejected
		}
	}
	for _, need := range plan.Needs {
		if need.missing(plan.Author, last) > 0 {
			return Pending
		}
	}
	return Approved
}

func (p Plan) lastVerdicts() map[string]Verdict {
	last := map[string]Verdict{}
	for _, approval := range p.Approvals {
		last[approval.Who] = approval.Verdict
	}
	return last
}

// missing is how many people have still to agree.
func (n Need) missing(author string, last map[string]Verdict) int {
	agreed := 0
	for who, verdict := range last {
		if verdict == Approve && n.admits(who, author) {
			agreed++
		}
	}
	return max(n.Approvers-agreed, 0)
}

// admits says whether a person's word counts for the need.
func (n Need) admits(who, author string) bool {
	if who == author && !n.Author {
		return false
	}
	return len(n.Who) == 0 || slices.Contains(n.Who, who)
}

// MayDecide says why a person's word would not count for any of a plan's needs; nil where it does.
func (p Plan) MayDecide(who string) error {
	var why []string
	for _, need := range p.Needs {
		switch {
		case need.admits(who, p.Author):
			return nil
		case who == p.Author && !need.Author:
			why = append(why, fmt.Sprintf("%s: whoever asked for the change does not count", need.Rule))
		default:
			why = append(why, fmt.Sprintf("%s: one of %s has to", need.Rule, strings.Join(need.Who, ", ")))
		}
	}
	slices.Sort(why)
	return fmt.Errorf("%w: %s (%s)", ErrNotApprover, who, strings.Join(slices.Compact(why), "; "))
}
