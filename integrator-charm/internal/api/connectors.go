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

// connectors answers all of them, each trace cut to its first line: a page of thousands takes no stack traces.
func (a *API) connectors(r request) (answer, error) {
	all, err := a.manager.Connectors(r.Context(), r.cluster())
	if err != nil {
		return answer{}, err
	}
	short := make([]manager.Connector, len(all))
	for i, connector := range all {
		short[i] = withoutTraces(connector)
	}
	return ok(short), nil
}

func withoutTraces(connector manager.Connector) manager.Connector {
	cut := func(trace *string) {
		line, rest, isLonger := strings.Cut(strings.TrimSpace(*trace), "\n")
		*trace = line
		connector.TraceCut = connector.TraceCut || isLonger && rest != ""
	}
	cut(&connector.Trace)
	connector.Tasks = slices.Clone(connector.Tasks)
	for i := range connector.Tasks {
		cut(&connector.Tasks[i].Trace)
	}
	return connector
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
