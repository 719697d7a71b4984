package connectprovider_test

import (
	"context"
	"crypto/rand"
	"log"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// A whole provider of a Kafka Connect that is there already: Juju's dispatch runs it in every hook.
func ExampleProvider() {
	h, err := hook.FromEnvironment()
	if err == nil {
		err = dispatch(context.Background(), h)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func dispatch(ctx context.Context, h *hook.Hook) error {
	leader, err := h.IsLeader(ctx)
	if err != nil || !leader {
		return err
	}
	provider := connectprovider.New(h, connectprovider.Options{})
	relations, err := provider.Relations(ctx, leader)
	if err != nil {
		return err
	}
	for _, relation := range relations {
		var offer connectprovider.Offer
		for _, request := range relation.Requests {
			uri, grantable, err := provider.Account(ctx, relation.Key(request), secret.New(rand.Text()))
			if err != nil {
				return err
			}
			if grantable && request.Problem == nil { // here: and its plugin is on every worker, which accepts the account
				answer := schemas.Answer{RequestID: request.ID, Endpoints: []string{"http://10.0.0.1:8083"}, SecretUser: uri}
				offer.Answers = append(offer.Answers, answer)
			}
		}
		if _, err := provider.Publish(ctx, relation, offer); err != nil {
			return err
		}
	}
	_, err = provider.RemoveAccounts(ctx, relations)
	return err
}
