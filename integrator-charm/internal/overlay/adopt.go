package overlay

import (
	"strings"
	"time"

	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/secret"
)

// Adopt takes over what the cluster has noted that a connector has changed, where that is more than is known here: the manager's
// data are lost, or another one was at work. Any message is newer than that.
func (o Overlay) Adopt(found connectors.Found, now time.Time) (adopted Overlay, is bool) {
	noted := found.Overlay()
	adopted = o.clone()
	for name, laid := range noted.Keys {
		if laid.Version <= o.Version {
			continue
		}
		value, has := found.Config[name]
		key := Key{Removed: !has, TakenAt: now, Version: laid.Version, Base: laid.Base}
		if provider.MatchString(value) && strings.HasPrefix(value, "${") {
			key.Reference = value
		} else {
			key.Value = secret.New(value)
		}
		adopted.Keys[name] = key
		adopted.Version = max(adopted.Version, laid.Version)
		is = true
	}
	if noted.Halted != "" && o.Sequence == 0 {
		adopted.Halted = &Halt{Since: now, Entry: noted.Halted}
		adopted.Version = max(adopted.Version, 1)
		is = true
	}
	return adopted, is
}
