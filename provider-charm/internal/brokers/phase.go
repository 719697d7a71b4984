package brokers

import (
	"errors"
	"net"

	"connectcharms/requirer-lib/connection"
)

// phaseError is what went wrong with one server, and on which step of the way in.
type phaseError struct {
	phase connection.Phase
	err   error
}

func (e *phaseError) Error() string { return e.err.Error() }

func (e *phaseError) Unwrap() error { return e.err }

// in says of an error on which step it came; nil for none.
func in(phase connection.Phase, err error) error {
	if err == nil {
		return nil
	}
	return &phaseError{phase: phase, err: err}
}

func dialPhase(err error) connection.Phase {
	if _, is := errors.AsType[*net.DNSError](err); is {
		return connection.PhaseResolve
	}
	return connection.PhaseConnect
}

// UnreachedError says that no server answers as Kafka does.
type UnreachedError struct {
	Servers string
	Phase   connection.Phase // where it went wrong with the first of them
	Reason  error
}

func (e *UnreachedError) Error() string {
	return "no Kafka broker answers at " + e.Servers + ": " + e.Reason.Error()
}

func (e *UnreachedError) Unwrap() error { return e.Reason }

func unreached(servers string, why error) error {
	unreached := &UnreachedError{Servers: servers, Phase: connection.PhaseConnect, Reason: inShort(why)}
	if placed, is := errors.AsType[*phaseError](why); is {
		unreached.Phase = placed.phase
	}
	return unreached
}

// Outcome is what an attempt to reach Kafka says of the connection to it; nil is that it got in. What a broker answers to whom it
// has let in, whatever that is, says the same.
func Outcome(err error) connection.Result {
	result := connection.Result{Part: connection.PartKafkaCluster, OK: true}
	if refused, is := errors.AsType[*RefusedError](err); is {
		result.OK, result.Refused = false, true
		result.Errors = connection.Errors{connection.PhaseAuthenticate: {Message: refused.Error()}}
	}
	if unreached, is := errors.AsType[*UnreachedError](err); is {
		result.OK = false
		result.Errors = connection.Errors{unreached.Phase: {Message: unreached.Error(), IsTransient: unreached.Phase != connection.PhaseTLS}}
	}
	return result
}
