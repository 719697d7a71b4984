package controltopic

import (
	"sync"
	"time"
)

// Health is how it goes with reading.
type Health struct {
	Topic string `json:"topic"`
	// Context is the cluster whose connectors speak there; empty: any that is served.
	Context string `json:"context,omitempty"`
	// Error is why brokers cannot be reached, or what they refuse; empty: nothing is wrong.
	Error string `json:"error,omitempty"`
	// Waiting are messages that were tried and could not be taken. What comes after them from their connectors waits as well.
	Waiting int `json:"waiting"`
	// Since is from when on the first of these waits, and Reason why the one that was tried last does.
	Since  *time.Time `json:"since,omitempty"`
	Reason string     `json:"reason,omitempty"`
}

// Health says how it goes; false: nothing is to be read.
func (r *Reader) Health() (Health, bool) {
	config, _, _ := r.wanted()
	if config == nil {
		return Health{}, false
	}
	health := r.vitals.health()
	health.Topic, health.Context = config.settings.Topic, config.settings.Context
	return health, true
}

// refusalLasts is how long an error of reading is told: it comes again while it lasts.
const refusalLasts = time.Minute

// vitals are what is known of how it goes.
type vitals struct {
	now func() time.Time

	mu        sync.Mutex
	asked     time.Time // when a look at the brokers began that is under way
	reach     error     // of the last look
	refusal   error     // of the last reading
	refusedAt time.Time
	stuck     map[spot]time.Time // messages that were tried, and since when
	reason    error              // of the last one
}

// spot is one record.
type spot struct {
	place
	offset int64
}

func newVitals(now func() time.Time) *vitals { return &vitals{now: now, stuck: map[spot]time.Time{}} }

// asks notes that brokers are asked. A client does not always heed its deadline while it connects.
func (v *vitals) asks() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = v.now()
}

func (v *vitals) reached(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked, v.reach = time.Time{}, err
}

func (v *vitals) refused(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refusal, v.refusedAt = err, v.now()
}

func (v *vitals) waits(at place, offset int64, reason error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reason = reason
	if one := (spot{at, offset}); v.stuck[one].IsZero() {
		v.stuck[one] = v.now()
	}
}

func (v *vitals) settled(at place, offset int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.stuck, spot{at, offset})
}

// forget is for a partition that is not this member's any more.
func (v *vitals) forget(at place) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for one := range v.stuck {
		if one.place == at {
			delete(v.stuck, one)
		}
	}
}

func (v *vitals) health() (h Health) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.reach != nil:
		h.Error = v.reach.Error()
	case !v.asked.IsZero() && v.now().Sub(v.asked) > askPatience:
		h.Error = errSilent.Error()
	case v.refusal != nil && v.now().Sub(v.refusedAt) < refusalLasts:
		h.Error = v.refusal.Error()
	}
	if h.Waiting = len(v.stuck); h.Waiting == 0 {
		return h
	}
	h.Reason = v.reason.Error()
	for _, since := range v.stuck {
		if h.Since == nil || since.Before(*h.Since) {
			h.Since = &since
		}
	}
	return h
}
