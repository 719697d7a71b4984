package charm

import (
	"fmt"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Config is the application's configuration, read. Where something is wrong with a part of it, that part is not acted on.
type Config struct {
	PluginURL      string // empty: the resource, or no plugin
	PluginPort     int
	Version        schemas.Version // of the contract, in which to ask
	RequestProblem string          // of what is asked for, or how

	State        StateOptions
	Serve        ServeOptions
	ServeProblem string
}

// StateOptions say where the state file is, and what it refers to.
type StateOptions struct {
	Text, Source string // at most one
	Environment  string
	Secrets      []NamedSecret
	Problem      string // of which of them holds
}

// NamedSecret is a user secret that the state file, or a connection, knows by a name.
type NamedSecret struct{ Name, URI string }

// ServeOptions are for connect-manager serve. Secrets are URIs.
type ServeOptions struct {
	Interval          time.Duration
	Drift             settings.Drift
	Approvals, Notify string // YAML
	Port              int    // 0: none
	WithoutTLS        bool

	ControlTopic string // empty: none

	Tokens, TLS, Webhook, SourceCredentials, ControlSecret string

	Connections []NamedSecret
}

// readConfig reads what Juju has checked for type only.
func readConfig(options hook.Config) Config {
	config := Config{
		PluginURL: options.String("plugin-url"), PluginPort: options.Int("plugin-port"),
		Version: schemas.Version(options.String("connect-client-version")),
		State:   readState(options),
	}
	config.Serve, config.ServeProblem = readServe(options)
	if config.PluginURL != "" {
		if err := connectclient.FromURL(config.PluginURL, "").Check(); err != nil {
			config.RequestProblem = fmt.Sprintf("config plugin-url: %v", err)
		}
	}
	if !isPort(config.PluginPort) {
		config.RequestProblem = fmt.Sprintf("config plugin-port is %d: set it between 1 and 65535", config.PluginPort)
	}
	if config.Version != schemas.V0 && config.Version != schemas.V1 {
		config.RequestProblem = fmt.Sprintf("config connect-client-version is %.20q: set it to v0 or v1", config.Version)
	}
	return config
}

func readState(options hook.Config) StateOptions {
	state := StateOptions{
		Text: options.String("state"), Source: strings.TrimSpace(options.String("state-source")), Environment: options.String("environment"),
	}
	if state.Text != "" && state.Source != "" {
		state.Problem = "config state and config state-source are both set: reset one of them"
	}
	secrets, problem := readNamed("state-secrets", options)
	state.Secrets = secrets
	if problem != "" {
		state.Problem = problem
	}
	return state
}

// readNamed reads an option that has NAME=URI, separated by spaces.
func readNamed(option string, options hook.Config) (secrets []NamedSecret, problem string) {
	known := map[string]bool{}
	for _, entry := range strings.Fields(options.String(option)) {
		name, uri, _ := strings.Cut(entry, "=")
		switch {
		case !fileName.MatchString(name) || uri == "":
			problem = "config " + option + ": write NAME=URI, with names of letters, digits and dashes, separated by spaces"
		case known[name]:
			problem = fmt.Sprintf("config %s: %s is there twice", option, name)
		}
		known[name] = true
		secrets = append(secrets, NamedSecret{name, uri})
	}
	return secrets, problem
}

func readServe(options hook.Config) (serve ServeOptions, problem string) {
	serve = ServeOptions{
		Drift: settings.Drift(options.String("drift")), Approvals: options.String("approvals"), Notify: options.String("notify"),
		Port: options.Int("manager-port"), WithoutTLS: options.Bool("manager-without-tls"),
		Tokens: options.String("manager-tokens"), TLS: options.String("manager-tls"),
		Webhook: options.String("source-webhook-secret"), SourceCredentials: options.String("source-credentials"),
		ControlTopic: options.String("control-topic"), ControlSecret: options.String("control-secret"),
	}
	interval, err := time.ParseDuration(options.String("interval"))
	serve.Interval = interval
	named, namedProblem := readNamed("connection-secrets", options)
	serve.Connections = named
	switch {
	case namedProblem != "":
		problem = namedProblem
	case err != nil || interval < time.Second:
		problem = fmt.Sprintf("config interval is %.20q: set it to a second or more, such as 30s or 5m", options.String("interval"))
	case serve.Drift != settings.Repair && serve.Drift != settings.Report:
		problem = fmt.Sprintf("config drift is %.20q: set it to %s or %s", serve.Drift, settings.Repair, settings.Report)
	case serve.Port != 0 && !isPort(serve.Port):
		problem = fmt.Sprintf("config manager-port is %d: set it between 1 and 65535, or to 0 for none", serve.Port)
	case serve.Port != 0 && serve.Port == options.Int("plugin-port"):
		problem = fmt.Sprintf("config manager-port and config plugin-port are both %d", serve.Port)
	case serve.Port != 0 && serve.Tokens == "":
		problem = "config manager-tokens is not set: nobody could come in at manager-port"
	default:
		problem = checkControl(serve)
	}
	return serve, problem
}

func isPort(number int) bool { return number >= 1 && number <= 65535 }
