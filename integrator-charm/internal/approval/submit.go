package approval

import (
	"maps"
	"slices"
	"time"

	"connectcharms/requirer-lib/connectors"
)

// submit decides what becomes of the open plans of a cluster when these changes are to wait. It gives the plan that they are now, last
// in what is to be written; the zero one where there are no such changes. It is a pure function.
func (c Config) submit(open []Plan, s Submission, held []connectors.Change, now time.Time) (current Plan, changed []Plan, err error) {
	digest, err := digestOf(held)
	if err != nil {
		return Plan{}, nil, err
	}
	for _, plan := range open {
		isOld, isIt := plan.isOld(c.Expires, now), len(held) > 0 && plan.is(digest, held)
		switch {
		case isIt && !isOld && current.State == "":
			current = plan
			continue
		case isOld:
			plan.move(Expired, "it has waited for too long", now)
		case len(held) == 0 && plan.isBegun():
			plan.move(Applied, "the rest is as it is to be", now)
		case len(held) == 0:
			plan.move(Superseded, "nothing of it is to be done any more", now)
		default:
			plan.move(Superseded, "the changes have become others", now)
		}
		changed = append(changed, plan)
	}
	if len(held) == 0 {
		return Plan{}, changed, nil
	}
	if current.State == "" {
		current = Plan{
			Cluster: s.Cluster, Digest: digest, Revision: s.Revision, Author: s.Author, Created: now, State: Pending, Since: now, Changes: held,
		}
	}
	if !current.isBegun() {
		current.Needs = c.needsOf(held, s.Subject)
		current.move(judge(current), "", now)
	}
	return current, append(changed, current), nil
}

func (c Config) needsOf(changes []connectors.Change, subject func(string) Subject) []Need {
	needs := []Need{}
	for _, change := range changes {
		needs = append(needs, c.Needs(change, subject(change.Name))...)
	}
	return needs
}

func (p Plan) isOld(expires time.Duration, now time.Time) bool { return now.Sub(p.Created) >= expires }

// is says whether the changes are this plan, or what is left of it after some was applied.
func (p Plan) is(digest string, held []connectors.Change) bool {
	if !p.isBegun() {
		return p.Digest == digest
	}
	return !slices.ContainsFunc(held, func(change connectors.Change) bool { return !p.covers(change) })
}

// isBegun says whether some of the plan was done. The rest may have needs that cannot be told from the cluster any more.
func (p Plan) isBegun() bool { return p.Outcome != nil && len(p.Outcome.Done) > 0 }

// covers says whether the change is one of the plan's, and still to be done.
func (p Plan) covers(change connectors.Change) bool {
	digest, err := digestOf([]connectors.Change{change})
	return err == nil && slices.ContainsFunc(p.rest(), func(planned connectors.Change) bool {
		same, err := digestOf([]connectors.Change{planned})
		return err == nil && same == digest
	})
}

// rest are the changes that have not been done.
func (p Plan) rest() []connectors.Change {
	if p.Outcome == nil {
		return p.Changes
	}
	return slices.DeleteFunc(slices.Clone(p.Changes), func(change connectors.Change) bool { return slices.Contains(p.Outcome.Done, change.Name) })
}

// apply notes what became of the plan's changes in a run. One that the run did not come to, or found done, is left to the next
// submission to tell.
func (p *Plan) apply(run int64, results []connectors.Result, now time.Time) {
	outcome := Outcome{At: now, Run: run, Done: []string{}, Failed: map[string]string{}}
	if p.Outcome != nil {
		outcome.Done, outcome.Failed = slices.Clone(p.Outcome.Done), maps.Clone(p.Outcome.Failed)
	}
	rest := p.rest()
	for _, result := range results {
		planned := slices.ContainsFunc(rest, func(change connectors.Change) bool { return change.Name == result.Name })
		switch {
		case !planned || result.Held != "":
		case result.Err != nil:
			outcome.Failed[result.Name] = result.Err.Error()
		case len(result.Done) > 0:
			outcome.Done = append(outcome.Done, result.Name)
			delete(outcome.Failed, result.Name)
		}
	}
	p.Outcome = &outcome
}
