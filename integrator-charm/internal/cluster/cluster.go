// Package cluster opens one context of the settings: a client of its Kafka Connect, which connectors there are whose, and
// the secrets that its state file refers to. The command line and the daemon both begin here. It sends nothing yet.
package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// ErrNoEndpoints says that a context names no cluster. What needs none, such as a check of a state file, does without.
var ErrNoEndpoints = errors.New("no cluster is named: give its endpoints in the configuration, or CONNECT_ENDPOINTS")

// Cluster is a context, opened. Close it after use.
type Cluster struct {
	Context settings.Context
	Client  *connect.Client
	// Secrets are what a state file's references lead to.
	Secrets state.Secrets
}

// Options of Open. The zero value will do.
type Options struct {
	// Password is asked where the context has a username and no password-file: the prompt of a terminal. Nil: that is an
	// error.
	Password func() (secret.Value, error)
	// Patience limits a call to the cluster with all its repeats. Zero: what package connect has.
	Patience time.Duration
	// Log gets a warning for a password that others can read, and a line at debug level for each repeat. Nil: none.
	Log *slog.Logger
}

// Open makes the client. It reads the password and the CA, so that a file that is missing is told at once.
func Open(context settings.Context, options Options) (*Cluster, error) {
	opened, err := open(context, options)
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", context.Name, err)
	}
	return opened, nil
}

func open(context settings.Context, options Options) (*Cluster, error) {
	if len(context.Endpoints) == 0 {
		return nil, ErrNoEndpoints
	}
	config := connect.Config{
		Endpoints: context.Endpoints, Username: context.Username, Patience: options.Patience, Log: options.Log,
	}
	var err error
	if config.Password, err = password(context, options); err != nil {
		return nil, err
	}
	if context.CAFile != "" {
		if config.CA, err = os.ReadFile(context.CAFile); err != nil {
			return nil, fmt.Errorf("read the CA: %w", err)
		}
	}
	client, err := connect.New(config)
	if err != nil {
		return nil, err
	}
	return &Cluster{Context: context, Client: client, Secrets: state.Local{Dir: context.SecretsDir}}, nil
}

// Owned are the connectors of a state file's manager on this cluster: those that end in the context's suffix, where it has
// one, and else those that bear the manager's mark.
func (c *Cluster) Owned(manager string) connectors.Owned {
	if c.Context.NameSuffix != "" {
		return connectors.Owned{Client: c.Client, Names: connectors.Suffix(c.Context.NameSuffix)}
	}
	return connectors.Owned{Client: c.Client, Mark: connectors.Mark(manager)}
}

// Close lets go of connections.
func (c *Cluster) Close() { c.Client.Close() }
