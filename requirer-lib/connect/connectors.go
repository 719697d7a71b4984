package connect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
)

// Connector is a connector as it is set up.
type Connector struct {
	Name   string        `json:"name"`
	Type   ConnectorType `json:"type"`
	Config Settings      `json:"config"` // passwords included, in clear
	Tasks  []TaskID      `json:"tasks"`
}

// ConnectorType is the way data flows.
type ConnectorType string

// Types of connectors; UnknownType where the worker does not have the plugin.
const (
	Source      ConnectorType = "source"
	Sink        ConnectorType = "sink"
	UnknownType ConnectorType = "unknown"
)

// ListedConnector is one entry of ListConnectors.
type ListedConnector struct {
	Info   Connector `json:"info"`
	Status Status    `json:"status"`
}

// InitialState is the state a connector begins its life in.
type InitialState string

// Initial states. The empty one leaves it to the worker, which takes InitialRunning.
const (
	InitialRunning InitialState = "RUNNING"
	InitialPaused  InitialState = "PAUSED"
	InitialStopped InitialState = "STOPPED"
)

// legalName is narrower than what Kafka Connect accepts: a connector with a
// slash or a percent sign in its name can be created, and then not be deleted.
var legalName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// CheckName tells whether a connector may have this name: letters, digits, dots,
// dashes and underscores, and not "." or "..". The error is ErrIllegalName.
func CheckName(name string) error {
	if !legalName.MatchString(name) || name == "." || name == ".." {
		return fmt.Errorf("connector name %.100q: %w", name, ErrIllegalName)
	}
	return nil
}

// Connectors lists the names.
func (c *Client) Connectors(ctx context.Context) ([]string, error) {
	var names []string
	err := c.list(ctx, call{out: &names})
	return names, err
}

// ListConnectors gives all connectors with their status, by name, in one
// request. One that comes or goes meanwhile may be left out.
func (c *Client) ListConnectors(ctx context.Context) (map[string]ListedConnector, error) {
	var listed map[string]ListedConnector
	err := c.list(ctx, call{query: url.Values{"expand": {"info", "status"}}, out: &listed})
	return listed, err
}

func (c *Client) list(ctx context.Context, call call) error {
	call.method, call.path = http.MethodGet, "/connectors"
	call.isStale = func(got answer) bool { return c.recent.isStaleListing(got, c.now()) }
	_, err := c.do(ctx, call)
	return err
}

// Connector gives one connector.
func (c *Client) Connector(ctx context.Context, name string) (Connector, error) {
	var connector Connector
	err := c.onConnector(ctx, name, call{method: http.MethodGet, out: &connector})
	return connector, err
}

// Config gives the configuration of a connector, with the key name the worker
// adds, and with passwords in clear.
func (c *Client) Config(ctx context.Context, name string) (Settings, error) {
	var config Settings
	err := c.onConnector(ctx, name, call{method: http.MethodGet, path: "/config", out: &config})
	return config, err
}

// Create makes a new connector. ErrAlreadyExists when there is one of this name.
//
// When a request breaks off, nobody knows whether it was carried out. It is then
// sent again: the name makes that safe, for a second connector cannot come of
// it. If the answer is that the connector exists, and it has this configuration,
// then it is ours, and that is no error.
func (c *Client) Create(ctx context.Context, name string, config map[string]string, state InitialState) (Connector, error) {
	if err := CheckName(name); err != nil {
		return Connector{}, err
	}
	var created Connector
	_, err := c.do(ctx, call{
		method:    http.MethodPost,
		path:      "/connectors",
		forLeader: true,
		body: struct {
			Name         string            `json:"name"`
			Config       map[string]string `json:"config"`
			InitialState InitialState      `json:"initial_state,omitempty"`
		}{name, orEmpty(config), state},
		out:  &created,
		hide: secretValues(config),
		settle: func(ctx context.Context, err error) error {
			if !errors.Is(err, ErrAlreadyExists) {
				return err
			}
			existing, readErr := c.Connector(ctx, name)
			switch {
			case errors.Is(readErr, ErrNotFound):
				// The leader knows it and this worker does not yet.
				return errUnsettled
			case readErr != nil:
				return fmt.Errorf("looking whether connector %s was created: %w", name, readErr)
			case !sameConfig(existing.Config, config):
				return err
			}
			created = existing
			return nil
		},
	})
	if err == nil {
		c.recent.note(name, true, c.now())
	}
	return created, err
}

// orEmpty stands in for a nil map, which in JSON is null: a worker answers that
// with a NullPointerException.
func orEmpty[V any](config map[string]V) map[string]V {
	if config == nil {
		return map[string]V{}
	}
	return config
}

// sameConfig leaves out the key name, which the worker adds.
func sameConfig(a, b map[string]string) bool {
	a, b = maps.Clone(a), maps.Clone(b)
	delete(a, "name")
	delete(b, "name")
	return maps.Equal(a, b)
}

// PutConfig creates a connector or replaces its configuration, and tells which
// (of a request that had to be sent again, what the last one did).
// Compare first: an identical configuration restarts the connector all the same. So
// when a request breaks off, and nobody knows whether it was carried out, it is
// sent again only if the connector does not show this configuration.
func (c *Client) PutConfig(ctx context.Context, name string, config map[string]string) (connector Connector, created bool, err error) {
	if err := CheckName(name); err != nil {
		return Connector{}, false, err
	}
	status, err := c.do(ctx, call{
		method:    http.MethodPut,
		path:      connectorPath(name) + "/config",
		forLeader: true,
		body:      orEmpty(config),
		out:       &connector,
		hide:      secretValues(config),
		isDone: func(ctx context.Context) bool {
			existing, err := c.Connector(ctx, name)
			isDone := err == nil && sameConfig(existing.Config, config)
			if isDone {
				connector = existing
			}
			return isDone
		},
	})
	created = status == http.StatusCreated
	if err == nil && created {
		c.recent.note(name, true, c.now())
	}
	return connector, created, err
}

// PatchConfig changes some keys of a configuration; nil takes a key away.
// Kafka Connect 3.9 and later.
func (c *Client) PatchConfig(ctx context.Context, name string, patch map[string]*string) (Connector, error) {
	values := map[string]string{}
	for key, value := range patch {
		if value != nil {
			values[key] = *value
		}
	}
	var connector Connector
	err := c.onConnector(ctx, name, call{
		method: http.MethodPatch, path: "/config", forLeader: true, body: orEmpty(patch), out: &connector, hide: secretValues(values),
	})
	return connector, err
}

// Delete deletes a connector. One that was not there is ErrNotFound, which a
// caller who wants it gone can take for success.
func (c *Client) Delete(ctx context.Context, name string) error {
	err := c.onConnector(ctx, name, call{
		method:    http.MethodDelete,
		forLeader: true,
		settle: func(_ context.Context, err error) error {
			if errors.Is(err, ErrNotFound) {
				return nil // an earlier request of ours has deleted it
			}
			return err
		},
	})
	if err == nil {
		c.recent.note(name, false, c.now())
	}
	return err
}

// onConnector sends a call whose path is below the connector.
func (c *Client) onConnector(ctx context.Context, name string, call call) error {
	if err := CheckName(name); err != nil {
		return err
	}
	call.path = connectorPath(name) + call.path
	call.isStale = func(got answer) bool { return c.recent.isStale(name, call.method, got, c.now()) }
	_, err := c.do(ctx, call)
	return err
}

func connectorPath(name string) string { return "/connectors/" + name }
