package charm

import (
	"fmt"

	"connectcharms/integrator-charm/internal/option"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Config is the application's configuration, read. Where something is wrong with a part of it, that part is not acted on.
type Config struct {
	Connectors        connectors.Desired
	ConnectorsProblem string
	PluginURL         string // empty: the resource, or no plugin
	PluginPort        int
	Version           schemas.Version // of the contract, in which to ask
	RequestProblem    string          // of what is asked for, or how
}

// readConfig reads what Juju has checked for type only.
func readConfig(options hook.Config) Config {
	config := Config{
		PluginURL: options.String("plugin-url"), PluginPort: options.Int("plugin-port"),
		Version: schemas.Version(options.String("connect-client-version")),
	}
	configs, err := option.Parse(options.String("connectors"))
	if err != nil {
		config.ConnectorsProblem = fmt.Sprintf("config connectors: %v", err)
	} else {
		config.Connectors = desired(configs)
	}
	if config.PluginURL != "" {
		if err := connectclient.FromURL(config.PluginURL, "").Check(); err != nil {
			config.RequestProblem = fmt.Sprintf("config plugin-url: %v", err)
		}
	}
	if config.PluginPort < 1 || config.PluginPort > 65535 {
		config.RequestProblem = fmt.Sprintf("config plugin-port is %d: set it between 1 and 65535", config.PluginPort)
	}
	if config.Version != schemas.V0 && config.Version != schemas.V1 {
		config.RequestProblem = fmt.Sprintf("config connect-client-version is %.20q: set it to v0 or v1", config.Version)
	}
	return config
}

// desired has every connector run.
func desired(configs option.Configs) connectors.Desired {
	all := connectors.Desired{}
	for name, config := range configs {
		all[name] = connectors.Connector{Config: config}
	}
	return all
}
