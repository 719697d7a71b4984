package connection

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// State is how a connection to one system is.
type State string

// The states.
const (
	None       State = "NONE"       // nothing was tried yet
	Attempting State = "ATTEMPTING" // the first attempt with this spec is under way
	Success    State = "SUCCESS"    // the last attempt got in
	Expired    State = "EXPIRED"    // an attempt with this spec has got in before; the credentials are not accepted any more
	Failed     State = "FAILED"     // the last attempt did not get in
)

// States are all of them.
var States = []State{None, Attempting, Success, Expired, Failed}

// IsTrouble says whether what needs the connection will not do.
func (s State) IsTrouble() bool { return s == Failed || s == Expired }

// Status is how a connection is: one object for each system of its spec.
type Status struct {
	CCloud         *PartStatus `json:"ccloud,omitempty"`
	Local          *PartStatus `json:"local,omitempty"`
	KafkaCluster   *PartStatus `json:"kafka_cluster,omitempty"`
	SchemaRegistry *PartStatus `json:"schema_registry,omitempty"`
	KafkaConnect   *PartStatus `json:"kafka_connect,omitempty"`

	// Authentication says the same in the older form; see WithAuthentication.
	Authentication *Authentication `json:"authentication,omitempty"`
}

// PartStatus is how one system is.
type PartStatus struct {
	State State `json:"state"`
	// User is who we are to the system, where it says so.
	User *User `json:"user,omitempty"`
	// Details are what the system said of itself when an attempt with this spec got in last: versions, ids.
	Details map[string]string `json:"details,omitempty"`
	// Errors are why it is Failed or Expired.
	Errors Errors `json:"errors,omitempty"`
	// RequiresAuthenticationAt is when the token ends that we are in with, where that is known.
	RequiresAuthenticationAt time.Time `json:"requires_authentication_at,omitzero"`
	// LastTransitionTime is when State became what it is.
	LastTransitionTime time.Time `json:"last_transition_time"`
	// LastSuccessTime is when an attempt with this spec got in last. Zero: none has.
	LastSuccessTime time.Time `json:"last_success_time,omitzero"`
	// LastAttemptTime is when the last attempt ended. Zero: none has.
	LastAttemptTime time.Time `json:"last_attempt_time,omitzero"`
	// ObservedGeneration is that of the spec that this is about.
	ObservedGeneration int64 `json:"observed_generation"`
}

// User is who we are to a system; what it does not say is empty.
type User struct {
	ID             string `json:"id,omitempty"`
	Username       string `json:"username,omitempty"`
	OrganizationID string `json:"organization_id,omitempty"`
}

// Phase is a step on the way into a system, in the order in which they are taken.
type Phase string

// The phases.
const (
	PhaseSecrets      Phase = "secrets"      // finding what the spec's references lead to
	PhaseToken        Phase = "token"        // getting a token from where the credentials say
	PhaseResolve      Phase = "resolve"      // finding the address of a name
	PhaseConnect      Phase = "connect"      // being answered at all
	PhaseTLS          Phase = "tls"          // verifying who answers, and being verified
	PhaseAuthenticate Phase = "authenticate" // having the credentials accepted
	PhaseAuthorize    Phase = "authorize"    // being allowed what was asked
	PhaseRequest      Phase = "request"      // having a request answered as such a system does
)

// Phases are all of them, in order.
var Phases = []Phase{
	PhaseSecrets, PhaseToken, PhaseResolve, PhaseConnect, PhaseTLS, PhaseAuthenticate, PhaseAuthorize, PhaseRequest,
}

// Errors are what went wrong, by phase.
type Errors map[Phase]Error

// Error is what went wrong in a phase. It has no secret in it.
type Error struct {
	Message string `json:"message"`
	// IsTransient says that it may pass by itself. Else somebody has to do something.
	IsTransient bool `json:"is_transient"`
	// CreatedAt is since when it is this error.
	CreatedAt time.Time `json:"created_at,omitzero"`
}

// Part gives the status of one system; nil where there is none.
func (s Status) Part(part Part) *PartStatus {
	if at := s.at(part); at != nil {
		return *at
	}
	return nil
}

func (s *Status) at(part Part) **PartStatus {
	switch part {
	case PartCCloud:
		return &s.CCloud
	case PartLocal:
		return &s.Local
	case PartKafkaCluster:
		return &s.KafkaCluster
	case PartSchemaRegistry:
		return &s.SchemaRegistry
	case PartKafkaConnect:
		return &s.KafkaConnect
	}
	return nil
}

// Parts are the systems that it is about, in order.
func (s Status) Parts() (parts []Part) {
	for _, part := range []Part{PartCCloud, PartLocal, PartKafkaCluster, PartSchemaRegistry, PartKafkaConnect} {
		if s.Part(part) != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// byUrgency are the states, those first that somebody has to look at.
var byUrgency = []State{Failed, Expired, Attempting, None, Success}

// Urgency orders states: the lower, the sooner somebody has to look.
func (s State) Urgency() int { return slices.Index(byUrgency, s) }

// Worst is the system that somebody has to look at first; nil where there is none.
func (s Status) Worst() (worst *PartStatus) {
	for _, part := range s.Parts() {
		if one := s.Part(part); worst == nil || one.State.Urgency() < worst.State.Urgency() {
			worst = one
		}
	}
	return worst
}

// Says tells whether two statuses say the same of a system, whenever it was last looked at.
func (p PartStatus) Says(other PartStatus) bool {
	return p.State == other.State && p.LastTransitionTime.Equal(other.LastTransitionTime) && p.ObservedGeneration == other.ObservedGeneration &&
		p.RequiresAuthenticationAt.Equal(other.RequiresAuthenticationAt) && p.isOfUser(other.User) && maps.EqualFunc(p.Errors, other.Errors, Error.is) &&
		maps.Equal(p.Details, other.Details)
}

func (p PartStatus) isOfUser(user *User) bool {
	if p.User == nil || user == nil {
		return p.User == user
	}
	return *p.User == *user
}

func (e Error) is(other Error) bool {
	return e.Message == other.Message && e.IsTransient == other.IsTransient
}

// String is one line, in the order of phases.
func (e Errors) String() string {
	var told []string
	for _, phase := range Phases {
		if one, is := e[phase]; is {
			told = append(told, string(phase)+": "+one.Message)
		}
	}
	return strings.Join(told, "; ")
}
