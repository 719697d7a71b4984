package connections

import (
	"time"

	"connectcharms/requirer-lib/connection"
)

// lane is where a target is asked. Each has places of its own, so that none waits for another's.
//
//	                    answers within quick time
//	                  ┌───────────────────────────┐
//	                  ▼                           │
//	any other ──► [quick lane] ── silent ──► [patient lane]
//	                                              ▲
//	a person asks ──► [asked lane]                └── silent again, until its time is over
//
// What accepts and never answers costs its place for as long as it is waited for. In the quick lane that is a short time, and no verdict:
// it is asked again in the patient lane, for the whole time. So those who answer wait for a few short times at most, also when
// everything begins at once and half of it is dead.
type lane int

const (
	idle lane = iota
	quick
	patient
	asked
)

const (
	quickPlaces = 32
	askedPlaces = 8
	// The patient lane has as many places as it takes to ask all that is in it twice in an interval, within these.
	leastPatient = 8
	mostPatient  = 256
)

// lanes count who is in them.
type lanes [asked + 1]int

// times are how long things may take, by the interval in which what answers has to be fresh.
type times struct{ interval time.Duration }

// longestProbe bounds how long any system is waited for.
const longestProbe = 10 * time.Second

// whole is how long a system is waited for until it is said to be silent.
func (t times) whole() time.Duration { return min(longestProbe, t.interval/3) }

// deadline is how long a target is waited for in a lane.
func (t times) deadline(in lane) time.Duration {
	if in == quick {
		return t.whole() / 8
	}
	return t.whole()
}

// pace is from the end of an attempt to the next: what is left of the interval is for waiting, and for the attempt.
func (t times) pace() time.Duration { return t.interval * 3 / 4 }

// patientPlaces for so many that are silent.
func (t times) patientPlaces(silent int) int {
	needed := int(2 * time.Duration(silent) * t.whole() / t.interval)
	return max(leastPatient, min(mostPatient, needed+1))
}

// laneOf is where a target belongs now.
func (t *target) laneOf() lane {
	switch {
	case len(t.waiters) > 0:
		return asked
	case t.isSilent:
		return patient
	}
	return quick
}

// soonestOf divides the pace for what has just failed: it is looked at again sooner, and backs off until it has the pace of all.
const soonestOf = 8

// after says when a target is due again, after a result.
func (t times) after(of *target, result connection.Result, now time.Time) {
	wait := t.pace()
	switch {
	case result.OK, result.Refused: // credentials that are refused often are locked
		of.failures = 0
	default:
		wait = min(wait, wait/soonestOf<<min(of.failures, soonestOf))
		of.failures++
	}
	of.due = now.Add(wait)
	if ends := result.RequiresAuthenticationAt; result.OK && ends.After(now) && ends.Before(of.due) {
		of.due = ends
	}
}
