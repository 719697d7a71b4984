package api

import (
	"context"
	"net/http"

	"connectcharms/integrator-charm/internal/settings"
)

// route is one that answers once. What streams or is another package's is in API.Handler.
type route struct {
	method, path string
	role         settings.Role
	handle       func(a *API, r request) (answer, error)
}

// request is one from somebody who may send it.
type request struct {
	*http.Request
	who who
}

func (r request) cluster() string { return r.URL.Query().Get("cluster") }

// The routes. Those of the first part are the state file's walk-through's own.
var routes = []route{
	{"GET", "/connectors/{state}", settings.Viewer, (*API).listed},
	{"POST", "/connectors/sync", settings.Operator, (*API).sync},
	{"GET", "/validate", settings.Viewer, (*API).validate},

	{"POST", "/connectors/{name}/control", settings.Connector, (*API).control},
	{"GET", "/api/v1/overlays", settings.Viewer, (*API).overlays},
	{"GET", "/api/v1/overlays/{name}", settings.Viewer, (*API).overlay},
	{"DELETE", "/api/v1/overlays/{name}", settings.Operator, (*API).clearOverlay},
	{"GET", "/api/v1/charm/overlays", charm, (*API).exportOverlays},
	{"PUT", "/api/v1/charm/overlays", charm, (*API).importOverlays},
	{"PUT", "/api/v1/charm/overlays/delivered", charm, (*API).delivered},

	{"GET", "/api/v1/connections", settings.Viewer, (*API).connections},
	{"POST", "/api/v1/connections", settings.Operator, (*API).createConnection},
	{"GET", "/api/v1/connections/{id}", settings.Viewer, (*API).connection},
	{"PUT", "/api/v1/connections/{id}", settings.Operator, (*API).updateConnection},
	{"DELETE", "/api/v1/connections/{id}", settings.Operator, (*API).deleteConnection},
	{"POST", "/api/v1/connections/{id}/probe", settings.Operator, (*API).probeConnection},

	{"GET", "/api/v1/clusters", settings.Viewer, (*API).clusters},
	{"GET", "/api/v1/status", settings.Viewer, (*API).status},
	{"GET", "/api/v1/connectors", settings.Viewer, (*API).connectors},
	{"GET", "/api/v1/connectors/{name}", settings.Viewer, (*API).connector},
	{"POST", "/api/v1/connectors/{name}/{verb}", settings.Operator, (*API).do},
	{"DELETE", "/api/v1/connectors/{name}", settings.Operator, (*API).remove},
	{"GET", "/api/v1/plan", settings.Viewer, (*API).plan},
	{"GET", "/api/v1/plans", settings.Viewer, (*API).plans},
	{"POST", "/api/v1/plans/{id}/approve", settings.Approver, (*API).approve},
	{"POST", "/api/v1/plans/{id}/reject", settings.Approver, (*API).reject},
	{"GET", "/api/v1/plans/{id}/report", settings.Viewer, (*API).report},
	{"GET", "/api/v1/history", settings.Viewer, (*API).history},
	{"GET", "/api/v1/receivers", settings.Viewer, (*API).receivers},
	{"GET", "/api/v1/silences", settings.Viewer, (*API).silences},
	{"POST", "/api/v1/silences", settings.Operator, (*API).silence},
	{"DELETE", "/api/v1/silences/{id}", settings.Operator, (*API).endSilence},

	{"POST", "/api/v1/reload", settings.Operator, (*API).reload},

	{"GET", "/api/v1/me", settings.Viewer, (*API).me},
	{"POST", "/api/v1/session", anyone, (*API).logIn},
	{"DELETE", "/api/v1/session", anyone, (*API).logOut},

	{"GET", "/health/live", anyone, (*API).live},
	{"GET", "/health/ready", anyone, (*API).ready},
	{"GET", "/openapi.json", settings.Viewer, (*API).document},
}

// enters tells who has sent a request; the error, why nobody is let in.
type enters func(r *http.Request) (who, error)

// guarded runs a handler for whoever has the role.
func (a *API) guarded(enter enters, role settings.Role, next func(http.ResponseWriter, request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitor, err := enter(r)
		if role == anyone {
			err = nil
		}
		if err == nil && !visitor.may(role) {
			err = refusal{http.StatusForbidden, visitor.Name + " may not do this: it takes " + taken(role)}
		}
		if err != nil {
			refused(r, err).write(w, r, a.log)
			return
		}
		next(w, request{r, visitor})
	})
}

// taken is what it takes to use a route of a role.
func taken(role settings.Role) string {
	switch role {
	case charm:
		return "the socket, for it is the charm's"
	case settings.Connector:
		return "the role " + string(settings.Operator) + ", or " + string(settings.Connector)
	}
	return "the role " + string(role)
}

// once runs a route.
func (a *API) once(handle func(*API, request) (answer, error)) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, r request) {
		given, err := handle(a, r)
		if err != nil {
			given = refused(r.Request, err)
		}
		if given.status >= http.StatusInternalServerError && r.Context().Err() == nil && r.who.Name != "" { // health is asked all the time
			a.log.Warn("request", "method", r.Method, "path", r.URL.Path, "who", r.who.Name, "status", given.status, "error", err)
		}
		given.write(w, r.Request, a.log)
	}
}

// unfinished is a context for what goes on when the client has gone.
func (r request) unfinished() context.Context { return context.WithoutCancel(r.Context()) }
