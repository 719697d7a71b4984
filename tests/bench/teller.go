package bench

import (
	"context"
	"strconv"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// teller is a provider that answers every relation with a Kafka Connect in memory, and changes databags when it is told to. It is not
// for several models at once.
type teller struct {
	server *connecttest.Server
	rounds map[int]int // by relation: another number is another databag
}

func (p *teller) charm() jujutest.Charm {
	return jujutest.FromFunc([]byte("name: kafka-connect\nprovides: {connect-client: {interface: connect_client}}\n"), p.hook)
}

func (p *teller) hook(ctx context.Context, h *hook.Hook) error {
	provider := connectprovider.New(h, connectprovider.Options{})
	relations, err := provider.Relations(ctx, true)
	if err != nil {
		return err
	}
	for _, relation := range relations {
		if err := p.tell(ctx, h, provider, relation); err != nil {
			return err
		}
	}
	return nil
}

func (p *teller) tell(ctx context.Context, h *hook.Hook, provider *connectprovider.Provider, relation connectprovider.Relation) error {
	const password = "password-of-a-benchmark-0123456789"
	for _, request := range relation.Requests {
		key := relation.Key(request)
		p.server.SetPassword(key.Username(), password)
		uri, grantable, err := provider.Account(ctx, key, secret.New(password))
		if err != nil {
			return err
		}
		if grantable {
			offer := connectprovider.Offer{Answers: []schemas.Answer{{RequestID: request.ID, Endpoints: []string{p.server.URL()}, SecretUser: uri}}}
			if _, err := provider.Publish(ctx, relation, offer); err != nil {
				return err
			}
		}
	}
	id, err := strconv.Atoi(relation.ID.String())
	if err != nil {
		return err
	}
	return h.RelationSetApp(ctx, relation.ID, hook.Databag{"round": strconv.Itoa(p.rounds[id])})
}
