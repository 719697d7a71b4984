package model

import (
	"context"
	"fmt"
	"strconv"

	"github.com/juju/juju/api/client/application"
	"github.com/juju/names/v6"
)

// Databag is an application's side of a relation.
type Databag struct {
	Relation string // the relation's number, as charms see it
	Content  map[string]string
}

// Databag reads what unit's application has written into its relation with peer's application, at unit's endpoint. Juju shows another side's
// databag by version: that of the unit's own application from 4.0 on, that of the remote one before.
func (m *Model) Databag(ctx context.Context, unit, peer, endpoint, peerEndpoint string) (Databag, error) {
	peerApp, err := names.UnitApplication(peer)
	if err != nil {
		return Databag{}, err
	}
	asked, askedEndpoint, shows := unit, endpoint, peer
	if version, known := m.connection.ServerVersion(); known && version.Major < 4 {
		asked, askedEndpoint, shows = peer, peerEndpoint, unit
	}
	infos, err := application.NewClient(m.connection).UnitsInfo(ctx, []names.UnitTag{names.NewUnitTag(asked)})
	if err == nil && infos[0].Error != nil {
		err = infos[0].Error
	}
	if err != nil {
		return Databag{}, fmt.Errorf("reading the databags of %s: %w", asked, err)
	}
	for _, relation := range infos[0].RelationData {
		if _, with := relation.UnitRelationData[shows]; !with || relation.Endpoint != askedEndpoint {
			continue
		}
		bag := Databag{Relation: strconv.Itoa(relation.RelationId), Content: map[string]string{}}
		for key, value := range relation.ApplicationData {
			bag.Content[key] = fmt.Sprint(value)
		}
		return bag, nil
	}
	return Databag{}, fmt.Errorf("%s has no relation with %s at %s", unit, peerApp, endpoint)
}
