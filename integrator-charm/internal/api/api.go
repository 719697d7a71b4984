package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"connectcharms/integrator-charm/internal/settings"
)

// Options of New.
type Options struct {
	Manager     Manager
	Connections Connections
	// Page answers what no route does: / and its files, without a token.
	Page http.Handler
	// Hook takes pushes to /hooks/source; it checks their signature and their size itself.
	Hook http.Handler
	// Reload reads the configuration again, and returns when it is in force.
	Reload func(context.Context) error
	// Metrics is where the API's own are registered, and what /metrics shows.
	Metrics *prometheus.Registry
	Now     func() time.Time
	Log     *slog.Logger
}

// API answers requests.
type API struct {
	manager    Manager
	links      Connections
	door       *door
	page       http.Handler
	hook       http.Handler
	reloading  func(context.Context) error
	limits     limits
	turns      turns
	aliveEvery time.Duration
	meters     meters
	now        func() time.Time
	log        *slog.Logger

	ending context.Context
	end    context.CancelFunc
}

// New makes an API that nobody may use yet but through its socket: see SetTokens.
func New(options Options) *API {
	ending, end := context.WithCancel(context.Background())
	return &API{
		manager:    options.Manager,
		links:      options.Connections,
		door:       newDoor(options.Now),
		page:       options.Page,
		hook:       options.Hook,
		reloading:  options.Reload,
		limits:     newLimits(),
		aliveEvery: aliveEvery,
		meters:     newMeters(options.Metrics),
		now:        options.Now,
		log:        options.Log,
		ending:     ending,
		end:        end,
	}
}

// SetTokens says who may use the API from now on. Without tokens it is nobody.
func (a *API) SetTokens(tokens []settings.Token) error {
	known, err := newKeys(tokens)
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	a.door.keys.Store(&known)
	return nil
}

// Open is the handler for everyone who has a token or a session.
func (a *API) Open() http.Handler { return a.handler(a.door.enter) }

// Local is the handler for a socket that only its owner reaches: no token is asked for.
func (a *API) Local() http.Handler {
	return a.handler(func(*http.Request) (who, error) { return local, nil })
}

func (a *API) handler(enter enters) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, handler http.Handler) { mux.Handle(pattern, a.meters.counted(pattern, handler)) }
	for _, route := range routes {
		handle(route.method+" "+route.path, a.guarded(enter, route.role, a.once(route.handle)))
	}
	for path, events := range map[string]func(*API, http.ResponseWriter, request, enters){
		eventsPath: (*API).events, connectionEventsPath: (*API).connectionEvents,
	} {
		handle("GET "+path, a.guarded(enter, settings.Viewer, func(w http.ResponseWriter, r request) { events(a, w, r, enter) }))
	}
	handle("GET /metrics", a.guarded(enter, settings.Viewer, a.meters.show))
	handle("POST /hooks/source", a.hook)
	handle("GET /", a.page)
	return a.limits.held(protected(unknown(mux)))
}
