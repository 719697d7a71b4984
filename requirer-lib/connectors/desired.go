package connectors

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connect"
)

// Desired is the connectors that there are to be, by their owner's own names for them. An empty one is none: all that the
// owner has are deleted. A nil one is taken for a slip, and refused.
type Desired map[string]Connector

// Connector is how one connector is to be. Printed, logged, or as JSON, it hides what is secret.
type Connector struct {
	// Config has no key name: Kafka Connect gives it.
	Config connect.Settings
	// State is connect.Running (as is the empty one), connect.Paused or connect.Stopped. It is declared as the
	// configuration is: a connector that a person has paused by hand is resumed.
	State connect.State
	// Secret are the keys of Config whose values no plan, report or error may show, beside those that go by a secret's
	// name (connect.IsSecret).
	Secret []string
	// Protected keeps it from being deleted, also when it is no longer desired.
	Protected bool
	// Offsets are where it begins when it is created. They change nothing of one that is there.
	Offsets []connect.Offset
	// Overlay is what of Config the connector has changed itself. Nil: its owner does not know, and what the cluster has noted
	// of it stays in force.
	Overlay *Overlay
}

var errNil = errors.New("the desired connectors are nil: for none, which deletes all, give an empty map")

func (c Connector) state() connect.State { return cmp.Or(c.State, connect.Running) }

func (c Connector) isSecret(key string) bool {
	return connect.IsSecret(key) || slices.Contains(c.Secret, key)
}

// check says why a connector of this name cannot be made or changed. It is then left as it is.
func (c Connector) check(name string) error {
	if err := connect.CheckName(name); err != nil {
		return err
	}
	for key := range c.Config {
		if isReserved(key) {
			return fmt.Errorf("leave the key %.100s out of the configuration: it is set from what else is said of the connector", key)
		}
	}
	switch c.state() {
	case connect.Running, connect.Paused, connect.Stopped:
		return nil
	}
	return fmt.Errorf("a connector cannot be made %.20q: want %s, %s or %s", c.State, connect.Running, connect.Paused, connect.Stopped)
}

// nameKey is the key that Kafka Connect adds to a configuration.
const nameKey = "name"

// isReserved says whether a key is Kafka Connect's to set, or the owner's to mark the connector with.
func isReserved(key string) bool { return key == nameKey || strings.HasPrefix(key, managerKey) }

// longestName is in characters. Kafka Connect 4.3 makes connectors of any length, and from about 8000 on it can neither
// show nor delete them.
const longestName = 255

// checkWhole says why there can be no connector of this name in Kafka Connect.
func checkWhole(connector string) error {
	if len(connector) > longestName {
		return fmt.Errorf("its name in Kafka Connect has %d characters: want %d at most", len(connector), longestName)
	}
	return connect.CheckName(connector)
}
