package connectclient

import (
	"context"

	"connectcharms/requirer-lib/hook"
)

// IsLeader says whether this unit is its application's leader: the one that drives the connectors.
func (c *Connection) IsLeader(ctx context.Context) (bool, error) { return c.hook.IsLeader(ctx) }

// MayEnd says whether this hook may be one of the last of the relation: units of the provider leave it. What the provider
// has deleted by now must not be made again. Where the relation goes on, a later hook sees to it.
func (c *Connection) MayEnd() bool {
	about := c.hook.Relation
	return c.hook.Kind == hook.RelationDeparted && about != nil && about.ID == c.relation
}
