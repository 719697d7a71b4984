package connecttest

import (
	"context"
	"crypto/rand"
	"slices"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// Provider is the charm on the other side of the relation, named kafka-connect, with the endpoint connect-client: it answers
// every request, in either version of the contract, with this server and an account of the request's own, and takes secret values
// of connectors on each of its units: see Secrets. It downloads no plugin. When a relation ends, its account and its connectors go.
//
// As with Juju 4.1-beta2 itself, a secret is granted in a later hook than it is made in. A request of v1 comes in the last
// hook that its relation has for the provider: it is answered with the next update-status.
func (s *Server) Provider() jujutest.Charm {
	return jujutest.FromFunc([]byte("name: kafka-connect\nprovides: {connect-client: {interface: connect_client}}\n"), s.provide)
}

func (s *Server) provide(ctx context.Context, h *hook.Hook) error {
	leader, err := h.IsLeader(ctx)
	if err != nil {
		return err
	}
	provider := connectprovider.New(h, connectprovider.Options{})
	relations, err := provider.Relations(ctx, leader)
	if err != nil {
		return err
	}
	if err := s.bring(ctx, h, provider, relations); err != nil || !leader {
		return err
	}
	for _, relation := range relations {
		if err := s.serveRelation(ctx, provider, relation); err != nil {
			return err
		}
	}
	gone, err := provider.RemoveAccounts(ctx, relations)
	s.forget(gone, relations)
	return err
}

func (s *Server) serveRelation(ctx context.Context, provider *connectprovider.Provider, relation connectprovider.Relation) error {
	var offer connectprovider.Offer
	for _, request := range relation.Requests {
		key := relation.Key(request)
		uri, grantable, err := provider.Account(ctx, key, s.password(key.Username()))
		if err != nil {
			return err
		}
		if grantable && request.Problem == nil {
			answer := schemas.Answer{RequestID: request.ID, Endpoints: []string{s.URL()}, SecretUser: uri}
			offer.Answers = append(offer.Answers, answer)
		}
	}
	if len(offer.Answers) > 0 {
		offer.SecretsPlace = placeOf(relation.ID)
	}
	_, err := provider.Publish(ctx, relation, offer)
	return err
}

// password is that of a user, made up at first.
func (s *Server) password(username string) secret.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accounts[username] == "" {
		s.accounts[username], s.closed = rand.Text(), true
	}
	return secret.New(s.accounts[username])
}

// forget drops the accounts of requests that are gone, and the connectors of relations that are.
func (s *Server) forget(gone []connectprovider.Key, live []connectprovider.Relation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range gone {
		delete(s.accounts, key.Username())
		if slices.ContainsFunc(live, func(r connectprovider.Relation) bool { return r.ID == key.Relation }) {
			continue
		}
		for name := range s.connectors {
			if relation, marked := schemas.ConnectorRelation(name); marked && relation == key.Relation.String() {
				delete(s.connectors, name)
			}
		}
	}
}
