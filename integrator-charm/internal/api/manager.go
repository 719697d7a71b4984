package api

import (
	"context"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/state"
)

// Manager is what the API shows and steers: a *manager.Manager, or a double (package apitest). A cluster is named by its
// context; the empty name is the only one there is.
type Manager interface {
	observer
	keeper
	approver
	silencer
	overlays
	// Alive says why the loops do not turn; nil when they do.
	Alive() error
	// Ready says why not every cluster had its first look yet; nil when each had.
	Ready() error
}

type observer interface {
	Clusters() []manager.ClusterInfo
	Status(cluster string) (manager.Status, error)
	// Connectors are ordered as the state file has them; those that it does not name come after.
	Connectors(ctx context.Context, cluster string) ([]manager.Connector, error)
	History(ctx context.Context, cluster string, limit int, before int64) ([]manager.Run, error)
	Subscribe() *manager.Subscription
}

type keeper interface {
	// Sync goes on when its caller has gone.
	Sync(ctx context.Context, cluster, by string) (connectors.Summary, error)
	// Validate reads the newest state file; the error is state.Problems where the file is wrong. Hints are likely slips.
	Validate(ctx context.Context, cluster string) (hints state.Problems, err error)
	Do(ctx context.Context, cluster, connector string, verb manager.Verb, by string) error
}

type approver interface {
	Plan(ctx context.Context, cluster, who string) (manager.Plan, error)
	Approve(ctx context.Context, plan, by, comment string) (manager.Plan, error)
	Reject(ctx context.Context, plan, by, comment string) (manager.Plan, error)
	// Plans are those that wait or waited for approval, the newest first, older than a number; 0: all.
	Plans(ctx context.Context, cluster string, limit int, before int64) ([]approval.Plan, error)
	Report(ctx context.Context, plan string) (approval.Plan, error)
}

type silencer interface {
	// Receivers are how messages to owners get there.
	Receivers(ctx context.Context) ([]store.Receiver, error)
	Silences(ctx context.Context) ([]manager.Silence, error)
	Silence(ctx context.Context, silence manager.Silence) (manager.Silence, error)
	EndSilence(ctx context.Context, id string) error
}

// overlays are what connectors have changed of their own configurations. A connector is named as it is in Kafka Connect or in the
// state file; a version that is not empty is the one that its overlay must still have.
type overlays interface {
	// Control takes a message. When it returns without an error, the message is not lost any more.
	Control(ctx context.Context, cluster, connector, by string, message control.Message, version string) (overlay.Taken, error)
	// Refuse is Control for a message that is wrong: the error says what came of that.
	Refuse(ctx context.Context, cluster, connector, by string, problems control.Problems) error
	Overlays(ctx context.Context, cluster string) ([]overlay.Shown, error)
	Overlay(ctx context.Context, cluster, connector string) (overlay.Shown, error)
	// ClearOverlay gives keys back to the state file; no keys: all of them.
	ClearOverlay(ctx context.Context, cluster, connector string, keys []string, by, version string) (overlay.Shown, error)

	ExportOverlays(ctx context.Context, cluster string) (overlay.Document, error)
	ImportOverlays(ctx context.Context, cluster string, document overlay.Document) error
	Delivered(ctx context.Context, cluster string, version int64) error
}

// Connections are what the API shows and changes of connections: a *connections.Registry, or a double. An entity tag that is not empty is
// the one that a connection must still have.
type Connections interface {
	// List is ordered by id.
	List() []connection.Resource
	Get(id string) (connection.Resource, error)
	Create(ctx context.Context, spec connection.Spec, by string) (connection.Resource, error)
	Update(ctx context.Context, spec connection.Spec, ifMatch, by string) (connection.Resource, error)
	Delete(ctx context.Context, id, ifMatch, by string) error
	// Probe tries all that a connection is about, and waits for what comes of it.
	Probe(ctx context.Context, id string) (connection.Resource, error)
	// Subscribe tells of all connections first, and then of those that change.
	Subscribe() *connections.Subscription
}
