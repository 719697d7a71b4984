package connectors

import (
	"context"
	"encoding/json"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// Found is a connector that is there. Printed, logged, or as JSON, it hides what is secret.
type Found struct {
	// Connector is its name in Kafka Connect.
	Connector string
	// Config is without what Kafka Connect and the owner add to it.
	Config connect.Settings
	// Status is of the connector and of every task. Traces are redacted.
	Status connect.Status
	// Owned says whether it is this owner's.
	Owned bool
	// Manager is whose mark it has; empty: nobody's.
	Manager string
	// Protected: it is not deleted.
	Protected bool
	// Secret are the keys of Config with a secret that do not go by a secret's name, as its owner has noted.
	Secret []string

	marks   marks
	overlay Overlay
}

// Observe gives the connectors there are, in one request: see Of.
func (o Owned) Observe(ctx context.Context) (map[string]Found, error) {
	listed, err := o.Client.ListConnectors(ctx)
	if err != nil {
		return nil, err
	}
	return o.Of(listed), nil
}

// Of are those of all connectors on a cluster whose names could be this owner's, by its own names for them. Where owners
// are told by names, these are its own; by a mark, all.
func (o Owned) Of(listed map[string]connect.ListedConnector) map[string]Found {
	there := map[string]Found{}
	for connector, entry := range listed {
		name, could := o.shortName(connector)
		if !could {
			continue
		}
		config, marks := readMarks(entry.Info.Config)
		found := Found{
			Connector: connector, Config: config, marks: marks,
			Owned: o.Mark == "" || marks.manager == string(o.Mark), Manager: marks.manager, Protected: marks.protected,
			overlay: readOverlay(marks.overlay),
		}
		_ = json.Unmarshal([]byte(marks.hidden), &found.Secret) // somebody may have written anything there
		found.Status = redacted(entry.Status, func() []string { return secretsOf(Connector{}, found) })
		there[name] = found
	}
	return there
}

// Overlay is what the connector has changed of its configuration itself, as noted in the cluster.
func (f Found) Overlay() Overlay { return f.overlay }

// IsPending says whether it was created and still waits for the offsets that it is to begin at.
func (f Found) IsPending() bool { return f.marks.pending }

// State is the state that it was given; connect.Running where it does not rest, whatever has become of it.
func (f Found) State() connect.State {
	if is := f.Status.Connector.State; is == connect.Paused || is == connect.Stopped {
		return is
	}
	return connect.Running
}

func (f Found) isSecret(key string) bool {
	return connect.IsSecret(key) || slices.Contains(f.Secret, key)
}
