package client

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"connectcharms/requirer-lib/connection"
)

const connectionsPath = "/api/v1/connections"

func connectionPath(id string) string { return connectionsPath + "/" + url.PathEscape(id) }

// Connections are all that the daemon knows, by id.
func (c *Client) Connections(ctx context.Context) (all []connection.Resource, err error) {
	return all, c.ask(ctx, http.MethodGet, connectionsPath, nil, nil, &all)
}

// Connection is one of them.
func (c *Client) Connection(ctx context.Context, id string) (one connection.Resource, err error) {
	return one, c.ask(ctx, http.MethodGet, connectionPath(id), nil, nil, &one)
}

// CreateConnection makes one.
func (c *Client) CreateConnection(ctx context.Context, spec connection.Spec) (made connection.Resource, err error) {
	return made, c.ask(ctx, http.MethodPost, connectionsPath, nil, spec, &made)
}

// UpdateConnection changes what one is. A generation that is not 0 is the one that it must still have.
func (c *Client) UpdateConnection(ctx context.Context, spec connection.Spec, generation int64) (changed connection.Resource, err error) {
	return changed, c.do(ctx, call{
		method: http.MethodPut, path: connectionPath(spec.ID), body: spec, version: versionOf(generation),
	}, &changed)
}

// DeleteConnection deletes one. The generation is as in UpdateConnection.
func (c *Client) DeleteConnection(ctx context.Context, id string, generation int64) error {
	return c.do(ctx, call{method: http.MethodDelete, path: connectionPath(id), version: versionOf(generation)}, nil)
}

func versionOf(generation int64) string {
	if generation == 0 {
		return ""
	}
	return strconv.FormatInt(generation, 10)
}

// ProbeConnection has one tried now, and gives what came of it.
func (c *Client) ProbeConnection(ctx context.Context, id string) (tried connection.Resource, err error) {
	return tried, c.ask(ctx, http.MethodPost, connectionPath(id)+"/probe", nil, nil, &tried)
}

// ConnectionEvent is news of a connection: it as it is now, or that it is gone. Neither: all that there are have been told.
type ConnectionEvent struct {
	Resource *connection.Resource
	Gone     string // its id
}

// IsListed says that all connections have been told once.
func (e ConnectionEvent) IsListed() bool { return e.Resource == nil && e.Gone == "" }

// WatchConnections tells all connections, and then those that change, until the context or the stream ends: an error is the last
// thing that comes. Who watches again is told all of them again.
func (c *Client) WatchConnections(ctx context.Context) iter.Seq2[ConnectionEvent, error] {
	return func(yield func(ConnectionEvent, error) bool) {
		answer, err := c.send(ctx, call{method: http.MethodGet, path: "/api/v1/events/connections"})
		if err != nil {
			yield(ConnectionEvent{}, err)
			return
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			text, _ := io.ReadAll(io.LimitReader(answer.Body, largest))
			yield(ConnectionEvent{}, refusal(answer, text))
			return
		}
		for kind, data := range serverSent(answer.Body) {
			event, is, err := c.connectionEvent(kind, data)
			if (is || err != nil) && !yield(event, err) || err != nil {
				return
			}
		}
		yield(ConnectionEvent{}, fmt.Errorf("%s tells no more of connections", c.name))
	}
}

// connectionEvent reads one event; there are others, which are to be passed over.
func (c *Client) connectionEvent(kind string, data []byte) (event ConnectionEvent, is bool, err error) {
	switch kind {
	case "connection":
		event.Resource = &connection.Resource{}
		return event, true, c.decode(data, event.Resource)
	case "gone":
		var gone struct {
			ID string `json:"id"`
		}
		err := c.decode(data, &gone)
		return ConnectionEvent{Gone: gone.ID}, true, err
	}
	return event, kind == "listed", nil
}

// longestEvent is the most that is held of one event, in bytes.
const longestEvent = 4 << 20

// serverSent reads server-sent events as far as they come whole.
func serverSent(from io.Reader) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		lines := bufio.NewScanner(from)
		lines.Buffer(nil, longestEvent)
		var kind string
		var data []byte
		for lines.Scan() {
			field, value, _ := bytes.Cut(lines.Bytes(), []byte(":"))
			value = bytes.TrimPrefix(value, []byte(" "))
			switch string(field) {
			case "event":
				kind = string(value)
			case "data":
				data = append(data, value...)
			case "":
				if kind != "" && !yield(kind, data) {
					return
				}
				kind, data = "", nil
			}
		}
	}
}
