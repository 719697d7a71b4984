package connectprovider

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Relation is one relation as it stands in a hook. It is plain data.
type Relation struct {
	ID  hook.RelationID
	App string // the requirer's

	Version  schemas.Version // in which the requirer speaks
	Requests []schemas.Request
	// ConnectorSecrets are what the requirer wants to have on every worker: see [Provider.ConnectorSecrets].
	ConnectorSecrets schemas.SecretURI
	// Problem is what is wrong with the requirer's databag beside single requests.
	Problem error
	// Unclear says that the databag does not tell what the requests are: it is empty, or of a version or a form that is
	// unknown. Those of before may go on, and what was published stays as it is. An empty one stands for a request of v0 that
	// is still to be completed.
	Unclear bool

	Published hook.Databag          // this application's databag; nil on a unit that does not lead
	Before    []schemas.StatusEntry // the status in it, as the hook found it
}

// NewRelation reads the two databags of a relation.
func NewRelation(id hook.RelationID, app string, asked, published hook.Databag) Relation {
	requirer, err := schemas.DecodeRequirer(asked)
	before, _ := schemas.DecodeProvider(published)
	relation := Relation{
		ID: id, App: app, Version: requirer.Version, Requests: requirer.Requests, Problem: besides(requirer, err),
		ConnectorSecrets: requirer.ConnectorSecrets, Published: published, Before: before.Status,
	}
	isUnreadable := slices.ContainsFunc(schemas.Problems(relation.Problem), func(p *schemas.FieldError) bool {
		return p.Key == "version" || p.Key == "requests"
	})
	if isUnreadable {
		relation.Requests = nil
	}
	relation.Unclear = isUnreadable || isSilent(asked)
	return relation
}

// isSilent says whether a requirer's databag has none of the contract's keys (any more).
func isSilent(asked hook.Databag) bool {
	return !slices.ContainsFunc([]string{"version", "requests", "plugin-url", "requested-secrets"}, func(key string) bool { return asked[key] != "" })
}

// besides takes out of err what is a problem of one request.
func besides(requirer schemas.Requirer, err error) error {
	var rest []error
	for _, problem := range schemas.Problems(err) {
		isOfOne := func(request schemas.Request) bool {
			return slices.ContainsFunc(schemas.Problems(request.Problem), func(p *schemas.FieldError) bool { return *p == *problem })
		}
		if !slices.ContainsFunc(requirer.Requests, isOfOne) {
			rest = append(rest, problem)
		}
	}
	return errors.Join(rest...)
}

// Key names a request of this relation.
func (r Relation) Key(request schemas.Request) Key { return Key{Relation: r.ID, Request: request.ID} }

// GoesOn says whether a request of this relation goes on, as far as one can tell.
func (r Relation) GoesOn(key Key) bool {
	if r.Unclear {
		return r.ID == key.Relation
	}
	return slices.ContainsFunc(r.Requests, func(request schemas.Request) bool { return r.Key(request) == key })
}

// Answer is what is published for a request; of none, no more than its ID.
func (r Relation) Answer(id string) schemas.Answer {
	published, _ := schemas.DecodeProvider(r.Published)
	for _, answer := range published.Answers {
		if answer.RequestID == id && r.isOfVersion(published.Version) {
			answer.Problem = nil
			return answer
		}
	}
	return schemas.Answer{RequestID: id}
}

// isOfVersion says whether what is published in a version is so in the requirer's.
func (r Relation) isOfVersion(published schemas.Version) bool {
	return published == r.Version || r.Unclear
}

// Offer is what a relation's requirer is to be told.
type Offer struct {
	Answers []schemas.Answer // to the requests that can be served. Resource and Salt are filled in
	Status  []schemas.StatusEntry
	// SecretsPlace is where the workers have what [Provider.ConnectorSecrets] gives; the zero value where they do not.
	SecretsPlace schemas.SecretsPlace
	// Connections is how the provider's own connections are: see schemas.Provider.
	Connections string
}

const keyConnectorSecrets = "connector-secrets"

// ownKeys are those that a provider writes, in one version or the other: what of them is not offered is taken back.
var ownKeys = []string{
	"endpoints", "secret-user", "secret-tls", "tls", "tls-ca", "status", "version", "requests", "data", keyConnectorSecrets, "connections",
}

// Changes are what has to be written for the databag to say what is offered; empty when it does. An empty value takes its
// key back.
func (r Relation) Changes(offer Offer) hook.Databag {
	wanted := r.wanted(offer)
	published, _ := schemas.DecodeProvider(r.Published)
	wanted.Told = published.Told
	if len(r.differences(wanted.Encode())) == 0 {
		return nil
	}
	wanted.Told = told(r.Before, wanted.Status)
	return r.differences(wanted.Encode())
}

func (r Relation) differences(wanted hook.Databag) hook.Databag {
	changes := hook.Databag{}
	for _, key := range ownKeys {
		if r.Published[key] != wanted[key] {
			changes[key] = wanted[key]
		}
	}
	return changes
}

// wanted is the databag as it should be. Requirers of v1 know a databag by its version: nothing is said there before it is, nor
// to a requirer of which that is not known.
func (r Relation) wanted(offer Offer) schemas.Provider {
	provider := r.answered(offer)
	if (r.Unclear || r.Version != schemas.V0) && len(provider.Encode()) == 0 {
		return provider
	}
	provider.Connections = offer.Connections
	if !r.Unclear { // what its connectors refer to is still there
		provider.SecretsPlace = offer.SecretsPlace
	}
	return provider
}

// answered is the part of it that answers requests.
func (r Relation) answered(offer Offer) schemas.Provider {
	switch {
	case r.Unclear:
		published, _ := schemas.DecodeProvider(r.Published)
		published.Status = offer.Status
		return published
	case r.Version == schemas.V0:
		return schemas.Provider{Version: schemas.V0, Answers: offer.Answers, Status: offer.Status}
	}
	provider := schemas.Provider{Version: schemas.V1, Answers: r.answers(offer.Answers), Status: oneOfACode(offer.Status)}
	if provider.Status == nil && len(offer.Answers) == 0 && r.Published["version"] == "" {
		return schemas.Provider{} // nothing to say so far
	}
	return provider
}

// answers has one for each request, in their order. One that cannot be served yet has no endpoints and no secret: of a
// requirer on the peers' library that hears the status, and counts the request as one that waits.
func (r Relation) answers(offered []schemas.Answer) (all []schemas.Answer) {
	for _, request := range r.Requests {
		answer := schemas.Answer{RequestID: request.ID}
		if i := slices.IndexFunc(offered, func(a schemas.Answer) bool { return a.RequestID == request.ID }); i >= 0 {
			answer = offered[i]
		}
		answer.Resource, answer.Salt = request.PluginURL, request.Salt
		all = append(all, answer)
	}
	return all
}

// grants are the secrets of the answers that are not published as they are offered.
func (r Relation) grants(offer Offer) (uris []schemas.SecretURI) {
	for _, answer := range offer.Answers {
		before := r.Answer(answer.RequestID)
		isSame := before.SecretUser == answer.SecretUser && before.SecretTLS == answer.SecretTLS && slices.Equal(before.Endpoints, answer.Endpoints)
		for _, uri := range []schemas.SecretURI{answer.SecretUser, answer.SecretTLS} {
			if !isSame && !uri.IsZero() {
				uris = append(uris, uri)
			}
		}
	}
	return uris
}

// oneOfACode puts entries of one code together: requirers of v1 know a status by its code.
func oneOfACode(entries []schemas.StatusEntry) (merged []schemas.StatusEntry) {
	for _, entry := range entries {
		i := slices.IndexFunc(merged, func(other schemas.StatusEntry) bool { return other.Code == entry.Code })
		if i < 0 {
			merged = append(merged, entry)
			continue
		}
		merged[i].Message += "; " + entry.Message
		if !strings.Contains(merged[i].Resolution, entry.Resolution) {
			merged[i].Resolution += "; " + entry.Resolution
		}
	}
	return merged
}

// told is what a requirer of v1 is to take for known. It compares codes: those that are in the status and not told it calls
// raised, those that are told and not in the status resolved. So what was there before is told, as long as its words are
// the same: other words are raised anew. It stays until the next change, and a hook that comes meanwhile sees it again.
func told(before, now []schemas.StatusEntry) []schemas.StatusEntry {
	return slices.DeleteFunc(slices.Clone(before), func(old schemas.StatusEntry) bool {
		return slices.ContainsFunc(now, func(entry schemas.StatusEntry) bool { return entry.Code == old.Code && entry != old })
	})
}

// With is the relation after these changes.
func (r Relation) With(changes hook.Databag) Relation {
	r.Published = maps.Clone(r.Published)
	if r.Published == nil {
		r.Published = hook.Databag{}
	}
	maps.Copy(r.Published, changes)
	maps.DeleteFunc(r.Published, func(_, value string) bool { return value == "" })
	return r
}
