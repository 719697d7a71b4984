package gateway

import (
	"context"
	"errors"
	"reflect"
)

// Reloaded says what a reload did.
type Reloaded struct {
	Accepted
	// Changed names what is otherwise now than before: keys of the configuration, and "accounts", "certificate",
	// "identity" for what is in the files that it names.
	Changed []string `json:"changed"`
	// Restart names the keys of the configuration that will be in force after a restart only.
	Restart []string `json:"restart"`
}

// key is a key of the configuration.
type key struct {
	name string
	of   func(*Config) any // where its value is
	live bool              // a reload can change it
}

var keys = []key{
	{"listen", func(c *Config) any { return &c.Listen }, false},
	{"internal.listen", internalListen, false}, // see live
	{"upstream", func(c *Config) any { return &c.Upstream }, false},
	{"accounts", func(c *Config) any { return &c.Accounts }, false},
	{"control", func(c *Config) any { return &c.Control }, false},
	{"audit", func(c *Config) any { return &c.Audit }, false},
	{"body_timeout", func(c *Config) any { return &c.BodyTimeout }, false},
	{"upstream_timeout", func(c *Config) any { return &c.UpstreamTimeout }, false},
	{"shutdown_timeout", func(c *Config) any { return &c.ShutdownTimeout }, false},
	{"metrics", func(c *Config) any { return &c.Metrics }, true},
	{"metrics_worker", func(c *Config) any { return &c.MetricsWorker }, true},
	{"tls", func(c *Config) any { return &c.TLS }, true},
	{"internal", func(c *Config) any { return &c.Internal }, true},
	{"plain", func(c *Config) any { return &c.Plain }, true},
	{"rate", func(c *Config) any { return &c.Rate }, true},
	{"burst", func(c *Config) any { return &c.Burst }, true},
	{"max_body", func(c *Config) any { return &c.MaxBody }, true},
	{"max_signed_body", func(c *Config) any { return &c.MaxSignedBody }, true},
	{"max_listing", func(c *Config) any { return &c.MaxListing }, true},
	{"max_in_flight", func(c *Config) any { return &c.MaxInFlight }, true},
	{"max_in_flight_per_account", func(c *Config) any { return &c.MaxInFlightPerAccount }, true},
}

// internalListen is the address of the workers' door; "" is none.
func internalListen(c *Config) any {
	if c.Internal == nil {
		return new(string)
	}
	return &c.Internal.Listen
}

func (k key) differs(a, b *Config) bool { return !reflect.DeepEqual(k.of(a), k.of(b)) }

// keep has a configuration hold what another one has.
func (k key) keep(in, from *Config) {
	reflect.ValueOf(k.of(in)).Elem().Set(reflect.ValueOf(k.of(from)).Elem())
}

// live gives the settings that can be in force at once, when the file says wanted and the process was started with
// start: what takes a restart is as it was then.
func live(wanted, start Config) (settings Config, restart []string) {
	settings = wanted
	if internal := wanted.Internal; internal != nil && start.Internal != nil { // wanted is not to be changed
		settings.Internal = &Internal{Listen: internal.Listen, KeyPair: internal.KeyPair}
	}
	for _, key := range keys {
		if key.live || !key.differs(&wanted, &start) {
			continue
		}
		restart = append(restart, key.name)
		if (settings.Internal == nil) != (start.Internal == nil) {
			settings.Internal = start.Internal // a door that is to be opened or closed
		}
		key.keep(&settings, &start)
	}
	return settings, restart
}

// reload reads the configuration file, and the files that it names, again. Each of them that cannot be used leaves what
// it is for as it was, and is named by the error; the others are in force from the return on.
func (g *gateway) reload() (Reloaded, error) {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	done := Reloaded{Changed: []string{}, Restart: []string{}}
	problems := []error{g.reloadAccounts(&done)} // first: whatever else is wrong, who is to be shut out is
	err := g.reloadConfig(&done)
	settings := g.settings.Load()
	problems = append(problems, err,
		g.reloadKeyPair(&g.certificate, settings.TLS, "certificate", &done),
		g.reloadKeyPair(&g.identity, settings.identity(), "identity", &done))
	done.Accepted = g.accepted()
	err = errors.Join(problems...)
	g.meters.reloaded(err == nil)
	g.recordReload(done, err)
	return done, err
}

func (g *gateway) reloadAccounts(done *Reloaded) error {
	before := g.book.current.Load().revision
	err := g.book.reload()
	if now := g.book.current.Load(); now.revision != before {
		done.Changed = append(done.Changed, "accounts")
	}
	g.rates.keep(g.book.current.Load().byName)
	return err
}

// taken is what became of the configuration file when it was read last.
type taken struct {
	revision string   // of the last one that could be understood
	restart  []string // the keys that wait for a restart
	problem  string   // why the settings are not those of the file
}

func (g *gateway) reloadConfig(done *Reloaded) error {
	wanted, revision, err := load(g.file)
	if err != nil {
		kept := *g.taken.Load()
		kept.problem = err.Error()
		g.taken.Store(&kept)
		return err
	}
	g.take(wanted, done)
	g.taken.Store(&taken{revision: revision, restart: done.Restart})
	return nil
}

// take puts the settings into force that can be without a restart.
func (g *gateway) take(wanted Config, done *Reloaded) {
	before := g.settings.Load()
	settings, restart := live(wanted, g.start)
	done.Restart = append(done.Restart, restart...)
	for _, key := range keys {
		if key.live && key.differs(before, &settings) {
			done.Changed = append(done.Changed, key.name)
		}
	}
	g.clients.resize(settings.MaxInFlight, settings.MaxInFlightPerAccount)
	g.forwarded.resize(settings.MaxInFlight, settings.MaxInFlight)
	g.settings.Store(&settings)
	g.serveMetrics(context.Background())
}

func (g *gateway) reloadKeyPair(pair *keyPair, files *KeyPair, name string, done *Reloaded) error {
	changed, err := pair.load(files)
	if changed {
		done.Changed = append(done.Changed, name)
	}
	return err
}
