package manager

import "errors"

// What is wrong with what was asked for, for errors.Is.
var (
	ErrWhichCluster = errors.New("there are several clusters: name one with ?cluster=")
	ErrNotFound     = errors.New("not found")                                           // a cluster, a connector, a plan, a silence
	ErrStandby      = errors.New("this one only watches: another one works")            // serve.active is false
	ErrForbidden    = errors.New("this person may not do that")                         // by the rules for approvals
	ErrConflict     = errors.New("it is no longer as it was")                           // a plan
	ErrInvalid      = errors.New("this cannot be asked for")                            // a silence without end
	ErrSource       = errors.New("the state file cannot be read")                       // its source does not answer
	ErrCluster      = errors.New("the cluster does not answer")                         // or refuses the account
	ErrEnding       = errors.New("connect-manager is about to end, or begins only now") // ask again
)
