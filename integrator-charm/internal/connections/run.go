package connections

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"connectcharms/requirer-lib/connection"
)

// Run asks systems until the context ends, and returns when nothing is under way any more.
func (r *Registry) Run(ctx context.Context) {
	defer close(r.ended)
	var group sync.WaitGroup
	defer group.Wait()
	told := time.NewTicker(toldEvery)
	defer told.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-told.C:
			r.takeTold()
		case <-r.poked:
		case <-timer.C:
		}
		timer.Reset(r.dispatch(ctx, &group))
	}
}

// longestSleep is how long nothing may be due; a change wakes earlier.
const longestSleep = time.Hour

// dispatch begins what is due and has a place, and says in how long more will be. What waits for a place is begun when one ends.
func (r *Registry) dispatch(ctx context.Context, group *sync.WaitGroup) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	due, next, silent := r.due(now)
	for _, t := range due {
		if in := t.laneOf(); r.lanes[in] < r.places(in, silent) {
			r.ask(ctx, group, t, in, now)
		}
	}
	return next.Sub(now)
}

// due are the targets that are to be asked, those first that have waited longest; when the next one will be; and how many are silent.
func (r *Registry) due(now time.Time) (due []*target, next time.Time, silent int) {
	next = now.Add(longestSleep)
	for _, each := range r.entries {
		for _, t := range each.targets {
			if t.isSilent {
				silent++
			}
			switch {
			case t.lane != idle:
			case t.laneOf() == asked, !t.due.After(now):
				due = append(due, t)
			default:
				next = earlier(next, t.due)
			}
		}
	}
	slices.SortFunc(due, func(a, b *target) int {
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.entry.spec.ID, b.entry.spec.ID), cmp.Compare(a.part, b.part))
	})
	return due, next, silent
}

func (r *Registry) places(in lane, silent int) int {
	switch in {
	case asked:
		return askedPlaces
	case patient:
		return r.times().patientPlaces(silent)
	}
	return quickPlaces
}

func (r *Registry) times() times { return times{r.config.Interval} }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// ask begins an attempt. Under mu.
func (r *Registry) ask(ctx context.Context, group *sync.WaitGroup, t *target, in lane, now time.Time) {
	ctx, t.cancel = context.WithTimeout(ctx, r.times().deadline(in))
	t.lane = in
	r.lanes[in]++
	e := t.entry
	begun := e.status.Begin(e.spec, e.generation, now)
	if e.status.Part(t.part).State != begun.Part(t.part).State {
		e.status = begun
		r.tell(e.spec.ID)
	}
	spec, generation, secrets, cancel := e.spec, e.generation, e.secrets, t.cancel
	group.Go(func() {
		defer cancel()
		result := r.prober.Probe(ctx, t.part, spec, secrets)
		result.Generation, result.Part = generation, t.part
		if r.answered(t, result, now, context.Cause(ctx)) {
			r.remember(ctx, spec, t.part)
		}
	})
}

// answered takes what came of an attempt, and says whether it is to be remembered that it got in.
func (r *Registry) answered(t *target, result connection.Result, began time.Time, ended error) (isMemorable bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.poke()
	in := t.lane
	t.lane = idle
	r.lanes[in]--
	if !t.isCurrent() || errors.Is(ended, context.Canceled) {
		return false
	}
	now, isLate := time.Now(), !result.OK && ended != nil
	r.meters.probed(result, now.Sub(began))
	if in == quick && isLate {
		t.isSilent, t.due = true, now
		return false
	}
	t.isSilent = isLate || t.isSilent && now.Sub(began) > r.times().deadline(quick)
	r.times().after(t, result, now)
	r.apply(t, result, now)
	t.release()
	return result.OK && r.once.isNews(t.entry.spec, t.part, now)
}

// apply has the status be that after a result, and tells where it says something else.
func (r *Registry) apply(t *target, result connection.Result, now time.Time) {
	e := t.entry
	was := *e.status.Part(t.part)
	e.status = e.status.After(result, now)
	is := *e.status.Part(t.part)
	if is.Says(was) {
		return
	}
	if is.State != was.State {
		r.log.Info("a connection has changed", "connection", e.spec.ID, "part", t.part, "from", was.State, "to", is.State, "why", is.Errors.String())
	}
	r.tell(e.spec.ID)
}
