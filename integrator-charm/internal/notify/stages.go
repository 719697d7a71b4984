package notify

import (
	"encoding/json"
	"slices"
	"time"

	"connectcharms/integrator-charm/internal/store"
)

// Reason is why something is not told.
type Reason string

// The reasons.
const (
	NotWanted   Reason = "not wanted"   // the team is told of other kinds
	NoReceiver  Reason = "no receiver"  // nobody has an address
	Silenced    Reason = "silenced"     //
	AlreadyTold Reason = "already told" // and the repeat interval is not over
	Passed      Reason = "passed"       // it was over again before it was told
)

// telling is an event on its way to one receiver.
type telling struct {
	event Event
	id    string // empty: one of its own
	to    receiver
}

// decision is what comes out of the stages.
type decision struct {
	tell    []telling
	noted   []store.Notice
	ended   []store.Notice
	dropped map[Reason]int
}

func (d *decision) drop(reason Reason) {
	if d.dropped == nil {
		d.dropped = map[Reason]int{}
	}
	d.dropped[reason]++
}

// stages are what decides. They are pure functions of what they hold.
type stages struct {
	routes   *routes
	silences []Silence
	notices  map[string][]store.Notice // by what they are about
	now      time.Time
}

// match finds whom an event is for: the first stage. The manager's own trouble is for those who have it run.
func (s stages) match(d *decision, event Event, subject Subject) []receiver {
	if !slices.Contains(s.routes.config.events(event.Team), event.Kind) {
		d.drop(NotWanted)
		return nil
	}
	to := s.routes.fallback
	if event.Kind != Trouble {
		to = s.routes.of(subject)
	}
	if len(to) == 0 {
		d.drop(NoReceiver)
	}
	return to
}

// isSilenced is the second stage.
func (s stages) isSilenced(event Event) bool {
	return slices.ContainsFunc(s.silences, func(silence Silence) bool { return silence.holds(event, s.now) })
}

// isKnown is the third stage: whether the receiver was told just that, lately.
func (s stages) isKnown(event Event, notice store.Notice) bool {
	worse := event.Kind == GivenUp && Kind(notice.Kind) == Failed
	return !worse && s.now.Sub(notice.Told) < s.routes.config.RepeatInterval
}

// news goes through the stages for something that was done.
func (s stages) news(d *decision, event Event, id string, subject Subject) {
	to := s.match(d, event, subject)
	if len(to) > 0 && s.isSilenced(event) {
		d.drop(Silenced)
		return
	}
	for _, one := range to {
		d.tell = append(d.tell, telling{event: event, id: id, to: one})
	}
}

// ill goes through the stages for what is not well. A receiver is noted when it is on its way to be told; one that is
// not told because of a silence is not, and so is told when that is over.
func (s stages) ill(d *decision, event Event, subject Subject) error {
	to := s.match(d, event, subject)
	if len(to) > 0 && s.isSilenced(event) {
		d.drop(Silenced)
		return nil
	}
	for _, one := range to {
		told, again := s.notice(event.about(), one)
		if again && s.isKnown(event, told) {
			d.drop(AlreadyTold)
			continue
		}
		event.Again, event.Since = again, s.now
		if again {
			event.Since = told.Since
		}
		d.tell = append(d.tell, telling{event: event, to: one})
		noted, err := s.note(event, one)
		if err != nil {
			return err
		}
		d.noted = append(d.noted, noted)
	}
	return nil
}

func (s stages) notice(about string, to receiver) (store.Notice, bool) {
	of := s.notices[about]
	i := slices.IndexFunc(of, func(notice store.Notice) bool { return notice.Receiver == to.name })
	if i < 0 {
		return store.Notice{}, false
	}
	return of[i], true
}

// note remembers what was told, and to which address: whoever heard that it failed hears that it recovered.
func (s stages) note(event Event, to receiver) (store.Notice, error) {
	document, err := json.Marshal(event)
	return store.Notice{
		Cluster: event.Cluster, Connector: event.about(), Receiver: to.name, Kind: string(event.Kind), Since: event.Since, Told: s.now,
		Document: document, Sealed: s.routes.key.sealedAddress(to),
	}, err
}

// well goes through the stages for what is well: whoever was told otherwise hears it. While that is silenced, the notice
// stays.
func (s stages) well(d *decision, event Event) error {
	for _, notice := range s.notices[event.about()] {
		if s.isSilenced(event) {
			d.drop(Silenced)
			continue
		}
		d.ended = append(d.ended, notice)
		to, err := s.routes.key.addressOf(notice.Receiver, notice.Sealed)
		if err != nil || !slices.Contains(s.routes.config.events(event.Team), event.Kind) {
			d.drop(NotWanted)
			continue
		}
		event.Since = notice.Since
		d.tell = append(d.tell, telling{event: event, to: to})
	}
	return nil
}
