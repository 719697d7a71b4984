package connectprovider

import (
	"context"
	"fmt"
	"slices"

	"connectcharms/requirer-lib/hook"
)

// DefaultEndpoint is the endpoint's usual name.
const DefaultEndpoint = "connect-client"

// Options of a provider. The zero value is usable.
type Options struct {
	Endpoint string // of the charm, as in its metadata; empty: DefaultEndpoint
	Apps     Apps   // what earlier hooks have learnt of relations; the zero value: Juju is asked in every hook
}

// Provider is the provider's end of all relations of an endpoint, for one hook.
type Provider struct {
	hook    *hook.Hook
	options Options
}

// New makes the provider of a hook. It calls no tool.
func New(h *hook.Hook, options Options) *Provider {
	if options.Endpoint == "" {
		options.Endpoint = DefaultEndpoint
	}
	return &Provider{hook: h, options: options}
}

// Relations reads every relation of the endpoint, ordered by relation id. One that ends with this hook is not among them.
// It costs one tool call, and two for each relation; three on a leader, who alone may read what is published. With Options.Apps it is
// one less for each relation that is known.
func (p *Provider) Relations(ctx context.Context, leader bool) ([]Relation, error) {
	ids, err := p.hook.RelationIDs(ctx, p.options.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("list the relations of %s: %w", p.options.Endpoint, err)
	}
	ids = slices.DeleteFunc(ids, p.hook.IsEndOf)
	relations, known := make([]Relation, 0, len(ids)), p.options.Apps.read(p.hook.ModelUUID)
	for _, id := range ids {
		relation, err := p.read(ctx, id, leader, known)
		if err != nil {
			return nil, fmt.Errorf("read relation %d: %w", id, err)
		}
		relations = append(relations, relation)
	}
	p.options.Apps.write(p.hook.ModelUUID, known, relations)
	return relations, nil
}

func (p *Provider) read(ctx context.Context, id hook.RelationID, leader bool, known map[hook.RelationID]string) (Relation, error) {
	app, err := p.app(ctx, id, known)
	if err != nil {
		return Relation{}, err
	}
	asked, err := p.hook.RelationGet(ctx, id, app)
	if err != nil {
		return Relation{}, err
	}
	var published hook.Databag
	if leader {
		if published, err = p.hook.RelationGet(ctx, id, p.hook.Application()); err != nil {
			return Relation{}, err
		}
	}
	return NewRelation(id, app, asked, published), nil
}

// Publish makes the relation's databag say what is offered: it grants the secrets of answers that are new or other than
// before, and writes what differs, both in this hook. Nothing is done when all is published already.
func (p *Provider) Publish(ctx context.Context, relation Relation, offer Offer) (Relation, error) {
	changes := relation.Changes(offer)
	if len(changes) == 0 {
		return relation, nil
	}
	for _, uri := range relation.grants(offer) {
		if err := p.hook.SecretGrant(ctx, uri.String(), relation.ID); err != nil {
			return relation, fmt.Errorf("grant a secret to relation %d: %w", relation.ID, err)
		}
	}
	if err := p.hook.RelationSetApp(ctx, relation.ID, changes); err != nil {
		return relation, fmt.Errorf("publish in relation %d: %w", relation.ID, err)
	}
	return relation.With(changes), nil
}
