package controltopic

import (
	"context"

	"connectcharms/requirer-lib/control"
)

// Taker keeps messages.
type Taker interface {
	// Take returns when the message is on disk, or was before. An error that is a Refusal is for good; after any other the message is tried
	// again.
	Take(ctx context.Context, from From, message control.Message) error
	// Refuse is told of a message that is wrong in itself. Its error is a Refusal when that is dealt with.
	Refuse(ctx context.Context, from From, problems control.Problems) error
}

// From is where a message stood.
type From struct {
	Cluster   string // empty: the one that has the connector
	Connector string
	Topic     string
	Partition int32
	Offset    int64
}

// Refusal is why a message cannot be taken, now or later. It shows no value.
type Refusal struct{ Err error }

func (r *Refusal) Error() string { return r.Err.Error() }

func (r *Refusal) Unwrap() error { return r.Err }
