package overlay

import (
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// Superseded are the keys that the state file has won back, in order: it says something else of them than when they were laid.
func (o Overlay) Superseded(declared connectors.Connector, bases *Bases) (keys []string) {
	for name, key := range o.Keys {
		if value, has := declared.Config[name]; !bases.Is(key.Base, value, has) {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	return keys
}

// without is the overlay without some keys: the state file's now.
func (o Overlay) without(keys []string) Overlay {
	o = o.clone()
	for _, key := range keys {
		o.leave(key)
	}
	return o
}

// Settle has the state file have back what it has won.
func (o Overlay) Settle(superseded []string) Overlay {
	if len(superseded) == 0 {
		return o
	}
	o = o.without(superseded)
	o.Version++
	return o
}

// Lay lays the overlay over what the state file says of the connector: as it is to be in the cluster.
func (o Overlay) Lay(declared connectors.Connector, bases *Bases) connectors.Connector {
	isHalted := o.IsHalted(declared, bases)
	o = o.without(o.Superseded(declared, bases))
	declared.Config = o.over(declared.Config, Key.written)
	declared.Secret = o.secretKeys(declared.Secret)
	declared.Overlay = o.mark()
	if isHalted {
		declared.State, declared.Overlay.Halted = connect.Stopped, o.Halted.Entry
	}
	return declared
}

// InForce is the connector's configuration as it gets to see it, with secrets.
func (o Overlay) InForce(declared connectors.Connector, bases *Bases) map[string]string {
	return o.without(o.Superseded(declared, bases)).over(declared.Config, Key.meant)
}

// LayOver lays the overlay over a connector as it is in the cluster, and changes nothing else of it: what the state file has won
// back, or says otherwise, is for a sync to bring about. declared is what the state file says.
func (o Overlay) LayOver(found connectors.Found, declared connectors.Connector, bases *Bases) connectors.Connector {
	superseded := o.Superseded(declared, bases)
	laid := connectors.Connector{State: found.State(), Protected: found.Protected}
	live := o.without(superseded)
	laid.Config = live.over(found.Config, Key.written)
	was := found.Overlay()
	for name := range was.Keys { // what has left the overlay has its old value back
		if _, is := o.Keys[name]; is {
			continue
		}
		delete(laid.Config, name)
		if value, has := declared.Config[name]; has {
			laid.Config[name] = value
		}
	}
	laid.Secret = live.secretKeys(append(slices.Clone(found.Secret), declared.Secret...))
	laid.Overlay = live.mark()
	for _, name := range superseded {
		if kept, is := was.Keys[name]; is {
			laid.Overlay.Keys[name] = kept
		}
	}
	switch {
	case o.IsHalted(declared, bases):
		laid.State, laid.Overlay.Halted = connect.Stopped, o.Halted.Entry
	case was.Halted != "":
		laid.State = declared.State
	}
	return laid
}

// IsIn says whether the connector in the cluster has all of it.
func (o Overlay) IsIn(found connectors.Found, declared connectors.Connector, bases *Bases) bool {
	laid := o.LayOver(found, declared, bases)
	return maps.Equal(laid.Config, found.Config) && laid.Overlay.Equal(found.Overlay()) && laid.State == found.State()
}

// HaltOver stops a connector that is to be kept stopped, and changes nothing else of it: for when the rest of the overlay has to
// wait. False: there is nothing to stop.
func (o Overlay) HaltOver(found connectors.Found, declared connectors.Connector, bases *Bases) (laid connectors.Connector, is bool) {
	mark := found.Overlay()
	if !o.IsHalted(declared, bases) || found.State() == connect.Stopped && mark.Halted == o.Halted.Entry {
		return laid, false
	}
	mark.Halted = o.Halted.Entry
	return connectors.Connector{
		Config: found.Config, Secret: found.Secret, Protected: found.Protected, State: connect.Stopped, Overlay: &mark,
	}, true
}

// IsHalted says whether the connector is kept stopped.
func (o Overlay) IsHalted(declared connectors.Connector, bases *Bases) bool {
	return o.Halted != nil && bases.IsOf(o.Halted.Entry, declared)
}

// over is a configuration with the overlay's values.
func (o Overlay) over(config connect.Settings, text func(Key) string) connect.Settings {
	laid := connect.Settings{}
	maps.Copy(laid, config)
	for name, key := range o.Keys {
		if key.Removed {
			delete(laid, name)
		} else {
			laid[name] = text(key)
		}
	}
	return laid
}

// secretKeys are those that are secret anyway, and those of the overlay.
func (o Overlay) secretKeys(anyway []string) []string {
	all := slices.Clone(anyway)
	for name, key := range o.Keys {
		if key.IsSecret() {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// mark is what is noted of it in the cluster.
func (o Overlay) mark() *connectors.Overlay {
	mark := &connectors.Overlay{Keys: map[string]connectors.Laid{}}
	for name, key := range o.Keys {
		mark.Keys[name] = connectors.Laid{Version: key.Version, Base: key.Base}
	}
	return mark
}
