package charm

import (
	"context"
	"fmt"
	"strings"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// PluginCredentials is what plugin servers want to see, from the user secret in config plugin-credentials.
type PluginCredentials struct {
	Known   *plugins.Credentials // nil: none
	Problem string               // why the secret makes none: nothing is downloaded then
}

// readDownloadsConfig reads from where and how plugins are fetched.
func readDownloadsConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	note := func(option string, err error) {
		if err != nil && problem == "" {
			problem = fmt.Sprintf("config %s: %v", option, err)
		}
	}
	var err error
	config.PluginDigests, err = readDigests(options.String("plugin-digests"))
	note("plugin-digests", err)
	config.Network.Mirrors, err = plugins.ParseMirrors(options.String("plugin-mirror"))
	note("plugin-mirror", err)
	config.Network.Proxy, err = plugins.ParseProxy(options.String("plugin-proxy"))
	note("plugin-proxy", err)
	config.Network.Roots, err = plugins.ParseRoots(options.String("plugin-ca"))
	note("plugin-ca", err)
	config.PluginSecret = options.String("plugin-credentials")
	return problem
}

// readDigests reads lines of an application and a digest each.
func readDigests(text string) (map[string]plugins.Digest, error) {
	digests := map[string]plugins.Digest{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("%.60q is not APPLICATION SHA256", strings.TrimSpace(line))
		}
		digest, err := plugins.ParseDigest(fields[1])
		if err != nil {
			return nil, fmt.Errorf("%.60s: %w", fields[0], err)
		}
		if other, twice := digests[fields[0]]; twice && other != digest {
			return nil, fmt.Errorf("%.60s has two digests", fields[0])
		}
		digests[fields[0]] = digest
	}
	return digests, nil
}

// pin adds the digest that the operator asks for to what the requirer wants.
func (c Config) pin(client *Client) {
	digest, pinned := c.PluginDigests[client.App]
	switch {
	case client.WantErr != nil || !pinned || !client.Want.NeedsPlugin() || client.Want.PluginSHA256 == string(digest):
	case client.Want.PluginSHA256 == "":
		client.Want.PluginSHA256 = string(digest)
	default:
		client.WantErr = &schemas.FieldError{
			Document: "requirer", Key: "plugin-sha256", Value: plugins.Digest(client.Want.PluginSHA256).Short(),
			Rule: "must be what config plugin-digests says, " + digest.Short(),
		}
	}
}

// observeDownloads reads the credentials for plugin servers. Every unit downloads, so every unit reads them.
func (u *unit) observeDownloads(ctx context.Context, w *World) error {
	if w.Config.PluginSecret == "" {
		return nil
	}
	content, err := u.SecretGet(ctx, w.Config.PluginSecret, hook.Latest)
	if err != nil {
		w.PluginCredentials.Problem = fmt.Sprintf("config plugin-credentials cannot be read: juju grant-secret %s %s", w.Config.PluginSecret, u.Application())
		return nil
	}
	known, err := plugins.ParseCredentials(content)
	if err != nil {
		w.PluginCredentials.Problem = fmt.Sprintf("config plugin-credentials: %v", err)
		return nil
	}
	w.PluginCredentials.Known = known
	return nil
}

// sourceOf is what is to be fetched for a requirer, and how.
func (w *World) sourceOf(want schemas.Request) plugins.Source {
	network := w.Config.Network
	network.Credentials = w.PluginCredentials.Known
	return plugins.Source{URL: want.PluginURL, SHA256: plugins.Digest(want.PluginSHA256), Network: network}
}

func downloadsStatus(w *World) (hook.Status, bool) {
	if w.PluginCredentials.Problem != "" {
		return blocked("%s", w.PluginCredentials.Problem)
	}
	return hook.Status{}, false
}
