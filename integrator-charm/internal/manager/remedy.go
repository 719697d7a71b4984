package manager

import (
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/state"
)

// patient is a connector as somebody looks whether it needs a restart.
type patient struct {
	policy   state.Restart
	isWanted bool // that it runs
	status   connect.Status
	known    *backoff  // nil: it has not failed lately
	well     time.Time // since when all of it runs; zero: it does not
}

// backoff is how far the restarts of one connector are.
type backoff struct {
	attempts int
	since    time.Time // it has failed first
	last     time.Time // attempt; zero: none
	next     time.Time // attempt, or when the last one counts as in vain
	givenUp  bool
}

// remedy is what is done about a patient.
type remedy struct {
	known   *backoff // from now on; nil: it is forgotten
	restart bool
	giveUp  bool // now, and not before
}

// treat decides what is done about a connector that may have failed. It is a pure function.
//
//	fails ──► wait the back-off ──► restart ──► fails still, once the next, longer back-off is over ──► restart …
//	                                   │                                    └─ and no attempt is left ──► given up
//	                                   └──► runs for as long as the policy says ──► forgotten
//
// What is given up is not restarted until its configuration changes or a person acts on it; then it is forgotten. Should it
// run by itself, as when workers share tasks out anew, it has no new attempts before it ran for long enough.
func treat(p patient, now time.Time) remedy {
	isFailed := p.isWanted && p.status.AnyFailed()
	switch {
	case !p.isWanted, p.policy.Attempts == 0:
		return remedy{}
	case isFailed:
		return p.treatFailed(now)
	case p.known == nil:
		return remedy{}
	case !p.well.IsZero() && now.Sub(p.well) >= p.policy.ResetAfter:
		return remedy{}
	}
	known := *p.known
	known.givenUp = known.givenUp && p.well.IsZero()
	return remedy{known: &known}
}

func (p patient) treatFailed(now time.Time) remedy {
	if p.known == nil {
		return remedy{known: &backoff{since: now, next: now.Add(pause(p.policy, 0))}}
	}
	known := *p.known
	if longest := now.Add(pause(p.policy, known.attempts)); known.next.After(longest) {
		known.next = longest // it was noted by a clock that has been put right meanwhile, or by another policy
	}
	isExhausted := known.attempts >= p.policy.Attempts
	switch {
	case known.givenUp:
		return remedy{known: &known}
	case now.Before(known.next):
		return remedy{known: &known}
	case isExhausted:
		known.givenUp, known.next = true, time.Time{}
		return remedy{known: &known, giveUp: true}
	}
	known.attempts++
	known.last, known.next = now, now.Add(pause(p.policy, known.attempts))
	return remedy{known: &known, restart: true}
}

// pause is the wait before the attempt that follows so many.
func pause(policy state.Restart, attempts int) time.Duration {
	wait := policy.Backoff
	for range attempts {
		if wait *= 2; wait >= policy.MaxBackoff {
			break
		}
	}
	return min(wait, max(policy.MaxBackoff, policy.Backoff))
}
