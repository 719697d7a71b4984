package api

import (
	"net/http"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/manager"
)

func (a *API) clusters(request) (answer, error) { return ok(a.manager.Clusters()), nil }

func (a *API) status(r request) (answer, error) {
	status, err := a.manager.Status(r.cluster())
	return ok(status), err
}

// connectors answers all of them, each trace cut to its first line and its cause: a page of thousands takes no stack traces.
func (a *API) connectors(r request) (answer, error) {
	all, err := a.manager.Connectors(r.Context(), r.cluster())
	if err != nil {
		return answer{}, err
	}
	listed := make([]manager.Connector, len(all))
	for i, connector := range all {
		listed[i] = withoutTraces(connector)
	}
	return ok(listed), nil
}

func withoutTraces(connector manager.Connector) manager.Connector {
	cut := func(trace *string) {
		whole := strings.TrimSpace(*trace)
		*trace = short(whole)
		connector.TraceCut = connector.TraceCut || *trace != whole
	}
	cut(&connector.Trace)
	connector.Tasks = slices.Clone(connector.Tasks)
	for i := range connector.Tasks {
		cut(&connector.Tasks[i].Trace)
	}
	return connector
}

// short is the first line of a trace, which says what has failed, and the last cause, which says why.
func short(trace string) string {
	first, _, _ := strings.Cut(trace, "\n")
	if at := strings.LastIndex(trace, "\nCaused by: "); at >= 0 {
		cause, _, _ := strings.Cut(trace[at+1:], "\n")
		first += "\n" + cause
	}
	return first
}

// connector answers one, by its name in Kafka Connect or in the state file.
func (a *API) connector(r request) (answer, error) {
	all, err := a.manager.Connectors(r.Context(), r.cluster())
	if err != nil {
		return answer{}, err
	}
	name := r.PathValue("name")
	for _, called := range []func(manager.Connector) bool{
		func(c manager.Connector) bool { return c.Connector == name },
		func(c manager.Connector) bool { return c.Name == name },
	} {
		if i := slices.IndexFunc(all, called); i >= 0 {
			return ok(all[i]), nil
		}
	}
	return answer{}, refusal{http.StatusNotFound, "there is no connector " + quoted(name)}
}

// verbs are those of POST; DELETE has a method of its own.
var verbs = []manager.Verb{manager.Pause, manager.Resume, manager.Stop, manager.Restart}

func (a *API) do(r request) (answer, error) {
	verb := manager.Verb(r.PathValue("verb"))
	if !slices.Contains(verbs, verb) {
		return answer{}, refusal{http.StatusNotFound, "nothing called " + quoted(string(verb)) + " can be done to a connector"}
	}
	return a.done(r, verb)
}

func (a *API) remove(r request) (answer, error) { return a.done(r, manager.Delete) }

func (a *API) done(r request, verb manager.Verb) (answer, error) {
	err := a.manager.Do(r.unfinished(), r.cluster(), r.PathValue("name"), verb, r.who.Name)
	return answer{status: http.StatusNoContent}, err
}
