package client

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/secret"
)

// Control hands a connector's control message over. It may be sent again: what was taken already is taken once. A version that is
// not empty is the one that the connector's overlay must still have.
func (c *Client) Control(ctx context.Context, cluster, connector string, message control.Message, version string) (taken overlay.Taken, err error) {
	text, err := control.Marshal(message)
	if err != nil {
		return taken, err
	}
	return taken, c.control(ctx, cluster, connector, text, version, &taken)
}

// ControlBroken hands a message over that is wrong: the daemon says how, and does what is to be done about it. The error tells.
func (c *Client) ControlBroken(ctx context.Context, cluster, connector string, text secret.Value) error {
	return c.control(ctx, cluster, connector, []byte(text.Reveal()), "", nil)
}

func (c *Client) control(ctx context.Context, cluster, connector string, text []byte, version string, into any) error {
	return c.do(ctx, call{
		method: http.MethodPost, path: "/connectors/" + url.PathEscape(connector) + "/control", query: of(cluster),
		body: bytes.NewReader(text), version: version,
	}, into)
}

// Overlays are what connectors have changed of their own configurations.
func (c *Client) Overlays(ctx context.Context, cluster string) (all []overlay.Shown, err error) {
	return all, c.ask(ctx, http.MethodGet, "/api/v1/overlays", of(cluster), nil, &all)
}

// Overlay is what one connector has changed.
func (c *Client) Overlay(ctx context.Context, cluster, connector string) (shown overlay.Shown, err error) {
	return shown, c.ask(ctx, http.MethodGet, overlayPath(connector), of(cluster), nil, &shown)
}

func overlayPath(connector string) string { return "/api/v1/overlays/" + url.PathEscape(connector) }

// ClearOverlay gives keys back to the state file; no keys: all of them. The version is as in Control.
func (c *Client) ClearOverlay(ctx context.Context, cluster, connector string, keys []string, version string) (left overlay.Shown, err error) {
	query := url.Values{"key": keys}
	if cluster != "" {
		query.Set("cluster", cluster)
	}
	return left, c.do(ctx, call{method: http.MethodDelete, path: overlayPath(connector), query: query, version: version}, &left)
}
