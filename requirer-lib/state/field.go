package state

// field is one thing that a file says of a connector: a key of a section such as config, or a section alone.
type field struct{ section, key string }

func (f field) String() string {
	if f.key == "" {
		return f.section
	}
	return f.section + "." + f.key
}

// The sections. What is in config, labels, owner, restart and control is merged by key.
const (
	inConfig      = "config"
	inLabels      = "labels"
	inOwner       = "owner"
	inRestart     = "restart"
	inState       = "state" // and paused
	inOffsets     = "offsets"
	inProtected   = "protected"
	inControl     = "control"
	inConnections = "connections"
)

// said is what one part of the file says of a field. A nil value takes away what is said before.
type said struct {
	place
	value any // Value, connect.State, int, time.Duration, []connect.Offset, []string, bool, []string
}

// layer is what one part of the file says of connectors: the defaults, an entry, or an environment's part of either.
type layer map[field]said
