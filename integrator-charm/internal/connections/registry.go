package connections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"connectcharms/integrator-charm/internal/news"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/state"
)

// Errors of requests. What is wrong with a spec is connection.Problems.
var (
	ErrNotFound = errors.New("there is no such connection")
	ErrTaken    = errors.New("there is a connection of this id already")
	ErrVersion  = errors.New("the connection is no longer as it was")
	ErrFixed    = errors.New("the connection is not the API's to change")
	ErrTooMany  = errors.New("there are too many connections")
	ErrEnding   = errors.New("connect-manager is ending")
)

// MostMade is how many connections may be made by the API.
const MostMade = 1000

// Prober asks one system of a connection. It ends when the context does, and leaves nothing behind.
type Prober interface {
	Probe(ctx context.Context, part connection.Part, spec connection.Spec, secrets state.Secrets) connection.Result
}

// ProberFunc is a function as a Prober.
type ProberFunc func(ctx context.Context, part connection.Part, spec connection.Spec, secrets state.Secrets) connection.Result

// Probe calls it.
func (f ProberFunc) Probe(ctx context.Context, part connection.Part, spec connection.Spec, secrets state.Secrets) connection.Result {
	return f(ctx, part, spec, secrets)
}

// Keeper is where connections that somebody made last.
type Keeper interface {
	Connections(ctx context.Context) ([]store.Connection, error)
	SaveConnection(ctx context.Context, c store.Connection) (generation int64, err error)
	DeleteConnection(ctx context.Context, id string) error
	Successes(ctx context.Context) ([]store.Success, error)
	SaveSuccess(ctx context.Context, of store.Success) error
}

// Options of New.
type Options struct {
	Store   Keeper
	Prober  Prober
	Metrics prometheus.Registerer
	Log     *slog.Logger
	// Changed is called when something is no longer as it was. It must not block. Nil: nobody is.
	Changed func()
}

// Registry keeps connections.
type Registry struct {
	store   Keeper
	prober  Prober
	meters  *meters
	changed func()
	log     *slog.Logger
	poked   chan struct{} // something may be due
	ended   chan struct{} // nothing is asked any more

	writing sync.Mutex // one change at a time: it waits for the disk
	mu      sync.Mutex
	config  Config
	made    map[string]made
	fixed   []Fixed
	told    toldFile
	entries map[string]*entry
	once    successes
	lanes   lanes
	desk    news.Desk[string] // by ID
}

// made is what somebody made by the API.
type made struct {
	spec       connection.Spec
	generation int64
}

// New makes a registry with what the store has. It asks nobody until Run.
func New(ctx context.Context, options Options) (*Registry, error) {
	r := &Registry{
		store: options.Store, prober: options.Prober, meters: newMeters(options.Metrics), log: options.Log,
		poked: make(chan struct{}, 1), ended: make(chan struct{}), config: Config{}.complete(""),
		made: map[string]made{}, once: successes{}, entries: map[string]*entry{},
	}
	kept, err := r.store.Connections(ctx)
	if err != nil {
		return nil, err
	}
	for _, each := range kept {
		one := made{generation: each.Generation}
		if err := json.Unmarshal(each.Spec, &one.spec); err != nil {
			return nil, fmt.Errorf("read connection %q of the store: %w", each.ID, err)
		}
		r.made[each.ID] = one
	}
	if err := r.once.read(ctx, r.store); err != nil {
		return nil, err
	}
	r.settle()
	r.changed = options.Changed // from now on
	options.Metrics.MustRegister(r)
	return r, nil
}

// Fixed is a connection that is not the API's to change.
type Fixed struct {
	Spec   connection.Spec
	Origin connection.Origin
	// Context is the one whose connectors need it. Empty: those that name it.
	Context string
	Secrets state.Secrets
}

// Configure puts settings in force, with the Kafka Connects of contexts. What is as it was goes on undisturbed.
func (r *Registry) Configure(config Config, contexts []Fixed) {
	r.mu.Lock()
	if r.config.Legacy != config.Legacy {
		for id := range r.entries {
			r.tell(id)
		}
	}
	r.config = config
	r.fixed = slices.Clone(contexts)
	for _, spec := range config.Specs {
		r.fixed = append(r.fixed, Fixed{Spec: spec, Origin: connection.OfSettings, Secrets: state.Local{Dir: config.SecretsDir}})
	}
	r.mu.Unlock()
	r.readTold()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
}

// settle makes the entries those that there are to be. Under mu.
func (r *Registry) settle() {
	wanted := map[string]*entry{}
	for id, one := range r.made {
		wanted[id] = r.entryOf(one)
	}
	for _, one := range r.told.entries() {
		wanted[one.spec.ID] = one
	}
	for _, one := range r.fixed { // the last word: whoever can write settings can do all
		wanted[one.Spec.ID] = &entry{spec: one.Spec, origin: one.Origin, generation: 1, secrets: one.Secrets, context: one.Context}
	}
	for id, was := range r.entries {
		if wanted[id] == nil {
			was.end()
			delete(r.entries, id)
			r.tell(id)
		}
	}
	for id, one := range wanted {
		r.place(id, one)
	}
	r.poke()
}

// entryOf is the entry of what somebody made.
func (r *Registry) entryOf(one made) *entry {
	secrets := onlySecrets{state.Local{Dir: r.config.SecretsDir}}
	return &entry{spec: one.spec, origin: connection.OfAPI, generation: one.generation, secrets: secrets}
}

// place puts an entry in the place of another, if it is another.
func (r *Registry) place(id string, one *entry) {
	was := r.entries[id]
	if was != nil && was.isAs(one) {
		was.secrets = one.secrets
		if was.take(one) {
			r.tell(id)
		}
		return
	}
	one.begin(was, r.once, time.Now())
	r.entries[id] = one
	r.tell(id)
}

// List gives all connections, ordered by ID.
func (r *Registry) List() []connection.Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]connection.Resource, 0, len(r.entries))
	for _, id := range slices.Sorted(maps.Keys(r.entries)) {
		all = append(all, r.resource(r.entries[id]))
	}
	return all
}

// Get gives one; ErrNotFound where there is none.
func (r *Registry) Get(id string) (connection.Resource, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.entries[id]
	if one == nil {
		return connection.Resource{}, ErrNotFound
	}
	return r.resource(one), nil
}

func (r *Registry) resource(of *entry) connection.Resource {
	status := of.status
	if r.config.Legacy {
		status = status.WithAuthentication()
	}
	return connection.Resource{Spec: of.spec, Status: status, Metadata: connection.Metadata{Generation: of.generation, Origin: of.origin}}
}

// poke has Run look what is due.
func (r *Registry) poke() {
	select {
	case r.poked <- struct{}{}:
	default: // it has not looked yet
	}
}
