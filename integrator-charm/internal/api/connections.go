package api

import (
	"net/http"
	"strconv"

	"connectcharms/requirer-lib/connection"
)

func (a *API) connections(request) (answer, error) { return ok(a.links.List()), nil }

func (a *API) connection(r request) (answer, error) { return resource(a.links.Get(r.PathValue("id"))) }

func resource(one connection.Resource, err error) (answer, error) {
	return ok(one).with("ETag", one.Metadata.ETag()), err
}

func (a *API) createConnection(r request) (answer, error) {
	spec, err := specOf(r)
	if err != nil {
		return answer{}, err
	}
	made, err := resource(a.links.Create(r.unfinished(), spec, r.who.Name))
	made.status = http.StatusCreated
	return made, err
}

func (a *API) updateConnection(r request) (answer, error) {
	version, err := ifMatch(r)
	if err != nil {
		return answer{}, err
	}
	spec, err := specOf(r)
	switch {
	case err != nil:
		return answer{}, err
	case spec.ID != r.PathValue("id"):
		return answer{}, connection.Problems{{Field: "id", Reason: "is not that of the path: a connection keeps its id"}}
	}
	return resource(a.links.Update(r.unfinished(), spec, quotedTag(version), r.who.Name))
}

// quotedTag is an entity tag as connections compare it; empty: any.
func quotedTag(version string) string {
	if version == "" {
		return ""
	}
	return strconv.Quote(version)
}

func specOf(r request) (connection.Spec, error) {
	if !isJSON(r) {
		return connection.Spec{}, errWantJSON
	}
	body, err := readWhole(r, connection.MaxSize)
	if err != nil {
		return connection.Spec{}, err
	}
	return connection.Parse(body)
}

func (a *API) deleteConnection(r request) (answer, error) {
	version, err := ifMatch(r)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, a.links.Delete(r.unfinished(), r.PathValue("id"), quotedTag(version), r.who.Name)
}

// probeConnection tries it now, and answers what came of that.
func (a *API) probeConnection(r request) (answer, error) {
	return resource(a.links.Probe(r.Context(), r.PathValue("id")))
}

const connectionEventsPath = eventsPath + "/connections"

// connectionEvents streams connections as they change, whole: at the beginning all of them, with the event listed after the last.
func (a *API) connectionEvents(w http.ResponseWriter, r request, enter enters) {
	subscription := a.links.Subscribe()
	defer subscription.Close()
	stream := newStream(w)
	isListed := false
	a.follow(r, stream, enter, subscription.News(), func() error {
		for _, change := range subscription.Take() {
			event, about := "connection", any(change.Resource)
			if change.Resource == nil {
				event, about = "gone", map[string]string{"id": change.ID}
			}
			if err := stream.tell(event, about); err != nil {
				return err
			}
		}
		if isListed {
			return nil
		}
		isListed = true
		return stream.tell("listed", struct{}{})
	})
}
