package connectclient

import (
	"context"
	"fmt"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Plugin is what the provider's workers need to run the charm's connectors. The zero value is no valid one.
type Plugin struct{ url, sha256, file string }

// NotRequired says that the workers have all that is needed, as they have MirrorMaker.
func NotRequired() Plugin { return Plugin{url: schemas.NotRequired} }

// FromURL is a tarball, plain or gzipped, that every worker can download. sha256 is its digest in 64 lower-case
// hexadecimal digits, for providers that check it; empty: not said. Providers exist that read the URL one time only and
// ones that fail when it changes: put new versions behind the same URL.
func FromURL(url, sha256 string) Plugin { return Plugin{url: url, sha256: sha256} }

// FromFile is a tarball that the charm ships or has got as a resource, and that its units serve: see [Client.Request].
// A path that is not absolute is below the charm's directory.
func FromFile(path string) Plugin { return Plugin{file: path} }

// Check holds the plugin against the contract. The error says what is wrong with its URL or digest, without
// credentials that the URL may carry. A file is looked at when it is requested.
func (p Plugin) Check() error {
	if p.file != "" {
		return nil
	}
	return schemas.Requirer{Requests: []schemas.Request{p.request("")}}.Validate()
}

// String leaves out credentials in the URL.
func (p Plugin) String() string {
	if p.file != "" {
		return p.file
	}
	return p.request("").String()
}

// GoString is String.
func (p Plugin) GoString() string { return p.String() }

func (p Plugin) request(salt string) schemas.Request {
	request := schemas.Request{
		PluginURL: p.url, PluginSHA256: p.sha256, Salt: salt,
		RequestedSecrets: []string{keyUsername, keyPassword, keyTLS, keyCA},
	}
	if salt != "" {
		request.ID = schemas.RequestID(p.url, salt)
	}
	return request
}

// Request asks the provider of every relation for the plugin and for credentials. Call it in every hook and on every unit:
// the leader writes, and only what differs from what was asked for before. So a leader that took over, or a relation that
// was made meanwhile, needs no event of its own.
//
// A plugin [FromFile] is served by every unit, on Options.PluginPort, which Request opens: so whichever of them was or will
// be the leader, providers find it. The leader names its own address, unless the one that it named before still serves the
// same bytes. The server is the charm's own program, called with the command that [pluginserver.Command] is: the charm's
// program.Program must have it. It goes when the unit stops, or with a request for another plugin.
//
// A plugin that cannot be asked for or served is a [NotReadyError] with the reason [ErrPlugin]; of what was asked for before,
// nothing changes then.
func (c *Client) Request(ctx context.Context, plugin Plugin) error {
	if err := plugin.Check(); err != nil {
		return &NotReadyError{Reason: ErrPlugin, Detail: err.Error()}
	}
	sha256, err := c.serve(ctx, plugin)
	if err != nil || c.isStopping() {
		return err
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
		if err := c.request(ctx, id, plugin, sha256); err != nil {
			return fmt.Errorf("request the plugin in relation %d: %w", id, err)
		}
	}
	return nil
}

func (c *Client) request(ctx context.Context, id hook.RelationID, plugin Plugin, sha256 string) error {
	asked, err := c.hook.RelationGet(ctx, id, c.hook.Application())
	if err != nil {
		return err
	}
	if plugin.file != "" {
		if plugin, err = c.locate(ctx, id, sha256, asked); err != nil {
			return err
		}
	}
	request := plugin.request(c.salt(id))
	c.asked[id] = request.ID
	wanted, differs := c.databag(request, asked)
	if !differs {
		return nil
	}
	// All keys, also those that stay: they reach the provider together.
	return c.hook.RelationSetApp(ctx, id, wanted)
}

// databag is the request as it is written, and whether that is something else than what stands there. Empty values take
// back what another request, or another version of the contract, has left.
func (c *Client) databag(request schemas.Request, asked hook.Databag) (bag hook.Databag, differs bool) {
	bag = schemas.Requirer{Version: c.options.Version, Requests: []schemas.Request{request}}.Encode()
	for _, key := range []string{"plugin-url", "plugin-sha256", "requested-secrets", "version", "requests"} {
		if value := bag[key]; value != asked[key] {
			bag[key], differs = value, true
		}
	}
	return bag, differs
}

// salt tells this relation's request from all others, and is the same whichever leader makes it.
func (c *Client) salt(id hook.RelationID) string {
	return schemas.RequestID(c.hook.ModelUUID+"/"+c.hook.Application(), id.String())
}
