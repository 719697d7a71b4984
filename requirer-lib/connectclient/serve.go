package connectclient

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/pluginserver"
	"connectcharms/schemas"
)

// DefaultPluginPort is the port of the plugin server where Options give none.
const DefaultPluginPort = 8080

// isStopping says whether this hook is one of the unit's last.
func (c *Client) isStopping() bool { return c.hook.Kind == hook.Stop || c.hook.Kind == hook.Remove }

// serve has this unit serve the plugin's file, where it has one and the unit goes on, and nothing else. It gives the
// file's digest.
func (c *Client) serve(ctx context.Context, plugin Plugin) (sha256 string, err error) {
	if plugin.file == "" || c.isStopping() {
		return "", pluginserver.Withdraw(ctx, c.hook)
	}
	network, err := c.hook.NetworkGet(ctx, c.options.Endpoint)
	if err != nil {
		return "", err
	}
	if len(network.Bind) == 0 {
		return "", &NotReadyError{Reason: ErrNoAddress}
	}
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("serve the plugin: %w", err)
	}
	file := plugin.file
	if !filepath.IsAbs(file) {
		file = filepath.Join(c.hook.CharmDir, file)
	}
	sha256, err = pluginserver.Offer(ctx, c.hook, pluginserver.Options{
		File: file, Address: network.Bind[0], Port: c.options.PluginPort, Command: []string{program, pluginserver.Command().Name},
	})
	return sha256, unservable(ctx, err)
}

// unservable takes what keeps the server from running for something that a person has to mend: but not the failure of a
// tool, nor the end of the hook.
func unservable(ctx context.Context, err error) error {
	if _, isTool := errors.AsType[*hook.ToolError](err); err == nil || isTool || ctx.Err() != nil {
		return err
	}
	return &NotReadyError{Reason: ErrPlugin, Detail: err.Error()}
}

// locate is the served file as the provider of a relation finds it. Peers read a plugin's URL only once, or fail when it
// changes: what another unit has named stays, as long as it serves the same.
func (c *Client) locate(ctx context.Context, id hook.RelationID, sha256 string, bag hook.Databag) (Plugin, error) {
	network, err := c.hook.NetworkGetFor(ctx, c.options.Endpoint, id)
	if err != nil {
		return Plugin{}, err
	}
	if len(network.Ingress) == 0 {
		return Plugin{}, &NotReadyError{Reason: ErrNoAddress}
	}
	own := FromURL(pluginserver.URL(network.Ingress[0], c.options.PluginPort), sha256)
	asked, _ := schemas.DecodeRequirer(bag)
	for _, request := range asked.Requests {
		if request.PluginURL != own.url && pluginserver.Serves(ctx, request.PluginURL, sha256) {
			return FromURL(request.PluginURL, sha256), nil
		}
	}
	return own, nil
}
