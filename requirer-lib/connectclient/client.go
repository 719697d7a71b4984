package connectclient

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// DefaultEndpoint is the endpoint's name where Options give none.
const DefaultEndpoint = "connect-client"

// Options say what the charm calls things, and how patient its REST clients are. The zero value will do.
type Options struct {
	Endpoint string        // of the interface connect_client in the charm's metadata; empty: DefaultEndpoint
	Timeout  time.Duration // of one REST request: see connect.Config
	Patience time.Duration // of one REST call with its retries: see connect.Config
	Log      *slog.Logger  // of REST retries, at debug level; nil: none
}

// Client is the requirer's end of all relations of one endpoint, in one hook. It is not for several goroutines at once.
type Client struct {
	hook    *hook.Hook
	options Options
	ids     []hook.RelationID // of the relations that go on; nil until asked for
}

// New makes the client of a hook. It calls no tool.
func New(h *hook.Hook, options Options) *Client {
	if options.Endpoint == "" {
		options.Endpoint = DefaultEndpoint
	}
	return &Client{hook: h, options: options}
}

// Connections gives a connection for each relation of the endpoint, ordered by relation id, ready or not. A relation
// that ends with this hook is not among them. It costs one tool call, and one or two for each relation; secrets are
// read by [Connection.Ready].
func (c *Client) Connections(ctx context.Context) ([]*Connection, error) {
	ids, err := c.relations(ctx)
	if err != nil {
		return nil, err
	}
	connections := make([]*Connection, 0, len(ids))
	for _, id := range ids {
		connection, err := c.observe(ctx, id)
		if err != nil {
			return nil, err
		}
		connections = append(connections, connection)
	}
	return connections, nil
}

// Connection gives the endpoint's one connection (of several, the first) when it is ready. Else the error is a
// [NotReadyError], of which [Status] makes a unit's status.
func (c *Client) Connection(ctx context.Context) (*Connection, error) {
	connections, err := c.Connections(ctx)
	if err != nil {
		return nil, err
	}
	if len(connections) == 0 {
		return nil, &NotReadyError{Reason: ErrNotRelated, Detail: "integrate " + c.options.Endpoint + " with a provider"}
	}
	if err := connections[0].Ready(ctx); err != nil {
		return nil, err
	}
	return connections[0], nil
}

// relations lists the relations that go on.
func (c *Client) relations(ctx context.Context) ([]hook.RelationID, error) {
	if c.ids != nil {
		return c.ids, nil
	}
	ids, err := c.hook.RelationIDs(ctx, c.options.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("list the relations of %s: %w", c.options.Endpoint, err)
	}
	ids = slices.DeleteFunc(ids, func(id hook.RelationID) bool {
		return c.hook.Kind == hook.RelationBroken && c.hook.Relation != nil && c.hook.Relation.ID == id
	})
	slices.Sort(ids)
	c.ids = ids
	return ids, nil
}

// observe reads the provider's databag of one relation.
func (c *Client) observe(ctx context.Context, id hook.RelationID) (*Connection, error) {
	connection := &Connection{hook: c.hook, options: c.options, relation: id}
	app, err := c.remoteApp(ctx, id)
	if err != nil || app == "" {
		return connection, err
	}
	bag, err := c.hook.RelationGet(ctx, id, app)
	if err != nil {
		return nil, fmt.Errorf("read the databag of %s in relation %d: %w", app, id, err)
	}
	connection.app = app
	provider, err := schemas.DecodeProvider(bag)
	connection.status, connection.problems = provider.Status, err
	if len(provider.Answers) > 0 {
		connection.answer = provider.Answers[0]
	}
	return connection, nil
}

// remoteApp is the provider's application. The hook's environment has it where the hook is about the relation, though
// Juju was seen to leave it empty at times.
func (c *Client) remoteApp(ctx context.Context, id hook.RelationID) (string, error) {
	if about := c.hook.Relation; about != nil && about.ID == id && about.RemoteApp != "" {
		return about.RemoteApp, nil
	}
	app, err := c.hook.RelationApp(ctx, id)
	if err != nil {
		return "", fmt.Errorf("find the provider of relation %d: %w", id, err)
	}
	return app, nil
}
