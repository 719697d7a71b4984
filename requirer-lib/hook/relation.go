package hook

import (
	"context"
	"fmt"
	"slices"
)

// Databag is one side's data in a relation: an application's or a unit's.
type Databag map[string]string

// RelationIDs lists the relations of an endpoint, the oldest first. The one of a relation-broken is left out.
func (t *Tools) RelationIDs(ctx context.Context, endpoint string) ([]RelationID, error) {
	var names []string
	if err := t.runJSON(ctx, &names, "relation-ids", endpoint); err != nil {
		return nil, err
	}
	ids := make([]RelationID, 0, len(names))
	for _, name := range names {
		id, err := parseRelationID(name)
		if err != nil {
			return nil, fmt.Errorf("relation-ids: %w", err)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids) // Juju's order is that of the texts: 10 before 9
	return ids, nil
}

// RelationUnits lists the units on the other side of a relation; in a peer relation, the other units of the application.
func (t *Tools) RelationUnits(ctx context.Context, id RelationID) ([]string, error) {
	var units []string
	err := t.runJSON(ctx, &units, "relation-list", "-r", id.String())
	return units, err
}

// RelationApp is the application on the other side of a relation.
func (t *Tools) RelationApp(ctx context.Context, id RelationID) (string, error) {
	var app string
	err := t.runJSON(ctx, &app, "relation-list", "-r", id.String(), "--app")
	return app, err
}

// RelationGet reads the databag that owner, a unit or an application, has in a relation. The unit's own databag is
// read as it will be when this hook has succeeded. Only a leader may read its own application's databag in a relation
// with another application.
func (t *Tools) RelationGet(ctx context.Context, id RelationID, owner string) (Databag, error) {
	args := []string{"-r", id.String(), "-", owner}
	if ApplicationOf(owner) == owner {
		args = append([]string{"--app"}, args...)
	}
	var bag Databag
	if err := t.runJSON(ctx, &bag, "relation-get", args...); err != nil {
		return nil, err
	}
	if bag == nil { // null: nothing was ever set
		bag = Databag{}
	}
	return bag, nil
}

// RelationSet writes into the unit's own databag; an empty value removes its key. Juju sends it when the hook succeeds.
func (t *Tools) RelationSet(ctx context.Context, id RelationID, changes Databag) error {
	return t.relationSet(ctx, changes, "-r", id.String())
}

// RelationSetApp writes into the application's databag, as RelationSet does. Only the leader may.
func (t *Tools) RelationSetApp(ctx context.Context, id RelationID, changes Databag) error {
	return t.relationSet(ctx, changes, "-r", id.String(), "--app")
}

// relationSet hands the values over by standard input: argv is open to every user of the machine, and limited.
func (t *Tools) relationSet(ctx context.Context, changes Databag, args ...string) error {
	if len(changes) == 0 {
		return nil
	}
	document, err := yamlDocument(changes)
	if err != nil {
		return fmt.Errorf("relation-set: %w", err)
	}
	_, err = t.runInput(ctx, document, "relation-set", append(args, "--file", "-")...)
	return err
}

// RelationModelUUID is the model in which a relation's other side lives: not this one in a cross-model relation.
func (t *Tools) RelationModelUUID(ctx context.Context, id RelationID) (string, error) {
	var model struct {
		UUID string `json:"uuid"`
	}
	err := t.runJSON(ctx, &model, "relation-model-get", "-r", id.String())
	return model.UUID, err
}
