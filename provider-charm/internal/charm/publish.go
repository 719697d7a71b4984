package charm

import (
	"context"
	"slices"
	"sort"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// publish tells a requirer the endpoints and the secret of each of its requests, at first once every gateway accepts its
// account, and what its requests are held up by.
func publish(w *World) Step {
	if !w.Leader {
		return nil
	}
	accounts, connections := w.accounts().Revision(), w.connections()
	var due []Step
	for _, relation := range w.Relations {
		offer := connectprovider.Offer{Answers: w.answers(relation, accounts), Status: w.statusFor(relation), Connections: connections}
		if len(offer.Answers) > 0 {
			offer.SecretsPlace = secretsPlace(relation)
		}
		if len(relation.Changes(offer)) > 0 {
			due = append(due, Publish{ID: relation.ID, Offer: offer})
		}
	}
	return inOne(due)
}

// Publish grants a requirer its secrets and writes the relation's databag.
type Publish struct {
	ID    hook.RelationID
	Offer connectprovider.Offer
}

func (s Publish) Apply(ctx context.Context, u *unit, w *World) error {
	relation, err := u.clients.Publish(ctx, w.relation(s.ID), s.Offer)
	if err != nil {
		return err
	}
	w.notePublished(relation)
	return nil
}

// notePublished takes note of what a relation's databag says now.
func (w *World) notePublished(relation connectprovider.Relation) {
	for i := range w.Relations {
		if w.Relations[i].ID == relation.ID {
			w.Relations[i] = relation
		}
	}
	for i, client := range w.Clients {
		if client.Key.Relation == relation.ID {
			w.Clients[i].Published = relation.Answer(client.Key.Request)
		}
	}
}

// answers are those to a relation's requests, given the revision of the accounts that gateways are to accept. What is published stays
// while nothing better is known.
func (w *World) answers(relation connectprovider.Relation, accounts string) (answers []schemas.Answer) {
	for _, client := range w.clientsOf(relation.ID) {
		answer := client.Published
		if due := w.answer(client, relation.Version, accounts); len(due.Endpoints) > 0 {
			answer = due
		}
		if !answer.SecretUser.IsZero() {
			answers = append(answers, answer)
		}
	}
	return answers
}

// answer is a client's, once it can be given; without endpoints while it cannot.
func (w *World) answer(client Client, version schemas.Version, accounts string) schemas.Answer {
	record := w.Shared.Clients[client.Key]
	isForNothing := client.WantErr != nil && !client.isServed()
	if !record.Open || record.fresh || isForNothing || w.Config.Problem != "" || w.tlsIsFresh(version) {
		return schemas.Answer{}
	}
	return schemas.Answer{
		RequestID: client.Key.Request,
		Endpoints: w.endpoints(client, accounts), SecretUser: schemas.SecretURI{ModelUUID: w.Event.ModelUUID, ID: record.Secret},
		SecretTLS: w.secretTLS(version), Extra: w.clearTLS(client),
	}
}

// endpoints are those that a client is to have. A unit that is published stays so while it exists, and a new one is added
// when it is ready.
func (w *World) endpoints(client Client, accounts string) []string {
	https := w.tls().HTTPS
	isNew := len(client.Published.Endpoints) == 0
	if isNew && w.wantsTLS() && !https {
		return nil // who asks for TLS does not want the first password to go without
	}
	scheme := "http"
	if https {
		scheme = "https"
	}
	var endpoints []string
	missing := false
	for _, report := range w.units() {
		endpoint := w.endpoint(report)
		ready := report.Address != "" && report.Accounts == accounts && hasLoaded(report, client)
		if (ready || client.has(endpoint)) && (!https || report.TLS.Shown != "") {
			endpoints = append(endpoints, scheme+endpoint)
		} else {
			missing = true
		}
	}
	if missing && isNew {
		return nil
	}
	sort.Strings(endpoints)
	return endpoints
}

// has says whether the client was given that endpoint, in whatever scheme.
func (c Client) has(endpoint string) bool {
	return slices.Contains(c.Published.Endpoints, "http"+endpoint) || slices.Contains(c.Published.Endpoints, "https"+endpoint)
}

// contains says whether all that is in part is so in bag.
func contains(bag, part hook.Databag) bool {
	for key, value := range part {
		if bag[key] != value {
			return false
		}
	}
	return true
}
