package connection

import (
	"maps"
	"time"
)

// Result is what an attempt to get into one system came to.
type Result struct {
	// Generation is that of the spec that was tried. One that is not that of the status is stale, and changes nothing.
	Generation int64
	Part       Part
	// OK says that it got in.
	OK bool
	// Refused says that the system answered, and did not accept the credentials. Not where something else went wrong.
	Refused bool
	User    *User
	// Details are what the system says of itself, where it is OK.
	Details map[string]string
	// Errors are why it is not OK.
	Errors Errors
	// RequiresAuthenticationAt is when the token ends that it got in with, where that is known.
	RequiresAuthenticationAt time.Time
}

// New is the status of a connection of which nothing was tried.
func New(spec Spec, generation int64, now time.Time) (status Status) {
	for _, part := range spec.Parts() {
		*status.at(part) = &PartStatus{State: None, LastTransitionTime: now, ObservedGeneration: generation}
	}
	return status
}

// Recall is the status where it is known that an attempt with this very spec once got in: what is refused then has expired.
func (s Status) Recall(part Part, at time.Time) Status {
	if was := s.at(part); was != nil && *was != nil {
		of := **was
		of.LastSuccessTime = at
		*was = &of
	}
	return s
}

// Begin is the status when attempts with a spec begin. With a spec of another generation, all that was known is about something
// else, and forgotten, but since when the state is what it was and is.
func (s Status) Begin(spec Spec, generation int64, now time.Time) (begun Status) {
	for _, part := range spec.Parts() {
		of := PartStatus{State: Attempting, LastTransitionTime: now, ObservedGeneration: generation}
		if !spec.CanAttempt(part) {
			of.State = None
		}
		if was := s.Part(part); was != nil {
			of = was.begin(of)
		}
		*begun.at(part) = &of
	}
	return begun
}

func (p PartStatus) begin(anew PartStatus) PartStatus {
	isSame := p.ObservedGeneration == anew.ObservedGeneration
	if isSame && p.State != None {
		return p
	}
	if isSame {
		anew.LastSuccessTime = p.LastSuccessTime
	}
	if p.State == anew.State {
		anew.LastTransitionTime = p.LastTransitionTime
	}
	return anew
}

// After is the status after a result.
//
//	        ┌────────────── a spec of another generation, from any state ───────────────┐
//	        ▼                                                                            │
//	NONE ─► ATTEMPTING ─ got in ──────────► SUCCESS ─ refused ─► EXPIRED ─ not reached ─► EXPIRED
//	            │                            ▲    │                ▲ │
//	            │ refused,            got in │    │ not reached    │ └ got in ─► SUCCESS
//	            │ not reached                │    ▼                │
//	            └───────────────────────► FAILED ──── refused, after it once got in
//
// EXPIRED stays while the system is not reached: credentials that have ended do not come back by that, and a person has to do
// something. Both are told then, in their phases.
func (s Status) After(result Result, now time.Time) Status {
	at := s.at(result.Part)
	if at == nil || *at == nil || (*at).ObservedGeneration != result.Generation {
		return s
	}
	after := (*at).after(result, now)
	*at = &after
	return s
}

func (p PartStatus) after(result Result, now time.Time) PartStatus {
	next := PartStatus{
		State: p.next(result), ObservedGeneration: p.ObservedGeneration, LastTransitionTime: p.LastTransitionTime,
		LastSuccessTime: p.LastSuccessTime, LastAttemptTime: now,
	}
	if next.State != p.State {
		next.LastTransitionTime = now
	}
	if result.OK {
		next.User, next.RequiresAuthenticationAt, next.LastSuccessTime = result.User, result.RequiresAuthenticationAt, now
		next.Details = result.Details
		return next
	}
	next.User, next.Details = p.User, p.Details // who it was that is not let in, and where
	next.Errors = p.errors(result, now)
	return next
}

// next is the table of transitions.
func (p PartStatus) next(result Result) State {
	switch {
	case result.OK:
		return Success
	case p.State == Expired:
		return Expired
	case result.Refused && !p.LastSuccessTime.IsZero():
		return Expired
	}
	return Failed
}

// errors are those of a result, each since when it is so. What it was refused for is kept while nothing newer is known of that.
func (p PartStatus) errors(result Result, now time.Time) Errors {
	all := maps.Clone(result.Errors)
	if all == nil {
		all = Errors{}
	}
	for phase, one := range all {
		one.CreatedAt = now
		if before, is := p.Errors[phase]; is && before.is(one) {
			one.CreatedAt = before.CreatedAt
		}
		all[phase] = one
	}
	if p.State == Expired && !result.Refused {
		for _, phase := range []Phase{PhaseToken, PhaseAuthenticate} {
			if before, is := p.Errors[phase]; is {
				all[phase] = before
			}
		}
	}
	return all
}
