package connectclient

import (
	"cmp"
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
	Endpoint string // of the interface connect_client in the charm's metadata; empty: DefaultEndpoint
	// Version is the contract's, in which to ask; empty: V0. Providers of v1 answer both, those of v0 only v0. An answer is
	// read in either.
	Version    schemas.Version
	PluginPort int           // where a plugin FromFile is served; 0: DefaultPluginPort
	Timeout    time.Duration // of one REST request: see connect.Config
	Patience   time.Duration // of one REST call with its retries: see connect.Config
	Log        *slog.Logger  // of REST retries, at debug level; nil: none
}

// Client is the requirer's end of all relations of one endpoint, in one hook. It is not for several goroutines at once.
type Client struct {
	hook    *hook.Hook
	options Options
	ids     []hook.RelationID          // of the relations that go on; nil until asked for
	asked   map[hook.RelationID]string // IDs of the requests, of v1, that were made in this hook
	added   map[hook.RelationID]bool   // their connector secrets were made in this hook
}

// New makes the client of a hook. It calls no tool.
func New(h *hook.Hook, options Options) *Client {
	options.Endpoint = cmp.Or(options.Endpoint, DefaultEndpoint)
	options.Version = cmp.Or(options.Version, schemas.V0)
	options.PluginPort = cmp.Or(options.PluginPort, DefaultPluginPort)
	return &Client{hook: h, options: options, asked: map[hook.RelationID]string{}, added: map[hook.RelationID]bool{}}
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
	c.ids = slices.DeleteFunc(ids, c.hook.IsEndOf)
	return c.ids, nil
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
	provider, problem := schemas.DecodeProvider(bag)
	connection.status, connection.place, connection.told = provider.Status, provider.SecretsPlace, provider.Connections
	connection.answer = c.answer(id, provider)
	connection.problem = connection.answer.Problem
	if len(provider.Answers) == 0 {
		connection.problem = problem
	}
	return connection, nil
}

// answer picks the answer to this application's request: the only one in v0. In v1 it has the request's ID, which the
// leader knows; others go by the salt, and of several take the last.
func (c *Client) answer(id hook.RelationID, provider schemas.Provider) schemas.Answer {
	var found schemas.Answer
	for _, answer := range provider.Answers {
		if asked := c.asked[id]; provider.Version == schemas.V0 || answer.RequestID == asked ||
			asked == "" && (answer.Salt == c.salt(id) || len(provider.Answers) == 1) {
			found = answer
		}
	}
	return found
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
