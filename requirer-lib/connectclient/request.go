package connectclient

import (
	"context"
	"fmt"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Plugin is what the provider's workers need to run the charm's connectors. The zero value is no valid one.
type Plugin struct{ url, sha256 string }

// NotRequired says that the workers have all that is needed, as they have MirrorMaker.
func NotRequired() Plugin { return Plugin{url: schemas.NotRequired} }

// FromURL is a tarball, plain or gzipped, that every worker can download. sha256 is its digest in 64 lower-case
// hexadecimal digits, for providers that check it; empty: not said. Providers exist that read the URL one time only and
// ones that fail when it changes: put new versions behind the same URL. See package pluginserver to serve a file.
func FromURL(url, sha256 string) Plugin { return Plugin{url, sha256} }

// Check holds the plugin against the contract. The error says what is wrong with its URL or digest, without
// credentials that the URL may carry.
func (p Plugin) Check() error { return p.request().Validate() }

// String leaves out credentials in the URL.
func (p Plugin) String() string { return p.request().String() }

// GoString is String.
func (p Plugin) GoString() string { return p.String() }

func (p Plugin) request() schemas.Requirer {
	return schemas.Requirer{Version: schemas.V0, Requests: []schemas.Request{{
		PluginURL: p.url, PluginSHA256: p.sha256,
		RequestedSecrets: []string{keyUsername, keyPassword, keyTLS, keyCA},
	}}}
}

// digestKey is the one key of a request that a later request may have to take back.
const digestKey = "plugin-sha256"

// Request asks the provider of every relation for the plugin and for credentials. Only a leader can; on other units it
// does nothing. It writes what differs from what was asked for before and so can be called in every hook: a leader that
// took over, or a relation that was made meanwhile, needs no event of its own.
func (c *Client) Request(ctx context.Context, plugin Plugin) error {
	if err := plugin.Check(); err != nil {
		return fmt.Errorf("request the plugin: %w", err)
	}
	leader, err := c.hook.IsLeader(ctx)
	if err != nil || !leader {
		return err
	}
	ids, err := c.relations(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := c.request(ctx, id, plugin); err != nil {
			return fmt.Errorf("request the plugin in relation %d: %w", id, err)
		}
	}
	return nil
}

func (c *Client) request(ctx context.Context, id hook.RelationID, plugin Plugin) error {
	asked, err := c.hook.RelationGet(ctx, id, c.hook.Application())
	if err != nil {
		return err
	}
	wanted := plugin.request().Encode()
	wanted[digestKey] = plugin.sha256 // empty takes an old one back
	differ := false
	for key, value := range wanted {
		differ = differ || asked[key] != value
	}
	if !differ {
		return nil
	}
	// All keys, also those that stay: they reach the provider together.
	return c.hook.RelationSetApp(ctx, id, wanted)
}
