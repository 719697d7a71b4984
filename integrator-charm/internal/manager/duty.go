package manager

import "connectcharms/integrator-charm/internal/settings"

// duty is what a turn of a keeper does about what differs.
type duty int

const (
	watch  duty = iota // look, and say what differs
	change             // make it as the file has it
)

// occasion is why a turn takes place, and how things stand.
type occasion struct {
	isActive bool
	isAsked  bool // by a person
	isNew    bool // the file in force has not been carried out whole yet
	drift    settings.Drift
}

// decide names the duty.
//
//	                       | repair | report
//	standby                | watch  | watch
//	a person asks          | change | change
//	the file is new        | change | change
//	only the cluster moved | change | watch
func (o occasion) decide() duty {
	if o.isActive && (o.isAsked || o.isNew || o.drift == settings.Repair) {
		return change
	}
	return watch
}
