package serve

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"connectcharms/integrator-charm/internal/api"
	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/caller"
	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/controltopic"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/page"
	"connectcharms/integrator-charm/internal/seal"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/probe"
)

// Options of Run.
type Options struct {
	// Load reads the settings, at the beginning and whenever they are to be read again.
	Load func() (*settings.Settings, error)
	// Hangups are signals to read the settings again.
	Hangups <-chan os.Signal
	Log     *slog.Logger
}

const (
	dataMode = 0o700
	// shutdownPatience is how long requests, and syncs, have to end.
	shutdownPatience = 8 * time.Second
)

// Run serves until the context ends, and returns when nothing is under way any more.
func Run(ctx context.Context, options Options) error {
	loaded, err := options.Load()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(loaded.Serve.Data, dataMode); err != nil {
		return fmt.Errorf("make the directory for what must last: %w", err)
	}
	kept, err := store.Open(ctx, filepath.Join(loaded.Serve.Data, "manager.db"), store.Options{})
	if err != nil {
		return err
	}
	defer func() {
		if err := kept.Close(); err != nil {
			options.Log.Error("close the store", "error", err)
		}
	}()
	d, err := newDaemon(ctx, options, kept, loaded)
	if err != nil {
		return err
	}
	server, err := d.listen(ctx)
	if err != nil {
		return err
	}
	if err := d.use(loaded); err != nil {
		server.Close()
		return err
	}
	options.Log.Info("serving", "listen", server.Addr(), "socket", loaded.Serve.Socket, "active", loaded.Serve.Active)
	return d.serve(ctx, server)
}

// daemon is all of it.
type daemon struct {
	options     Options
	began       settings.Serve // what cannot change
	book        *approval.Book
	notifier    *notify.Notifier
	connections *connections.Registry
	manager     *manager.Manager
	api         *api.API
	control     *controltopic.Reader
	caller      *caller.Caller
	webhook     atomic.Pointer[string] // the file with the secret that pushes are signed with; empty: they are not taken

	loading sync.Mutex // one reading of the settings at a time
}

func newDaemon(ctx context.Context, options Options, kept *store.Store, loaded *settings.Settings) (*daemon, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	d := &daemon{options: options, began: loaded.Serve, book: approval.New(kept, approval.Config{}, time.Now)}
	d.caller = caller.New(caller.Longest, caller.Doubling, options.Log)
	var err error
	d.notifier, err = notify.New(kept, notify.Options{
		KeyFile: filepath.Join(loaded.Serve.Data, "notify.key"), Log: options.Log, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	d.connections, err = connections.New(ctx, connections.Options{
		Store: kept, Prober: connections.ProberFunc(probe.Probe), Metrics: registry, Log: options.Log,
		Changed: func() { d.manager.Tell("", manager.OnConnections) },
	})
	if err != nil {
		return nil, err
	}
	key, err := seal.Open(filepath.Join(loaded.Serve.Data, "overlay.key"), "what connectors have changed is taken from the cluster")
	if err != nil {
		return nil, err
	}
	d.manager = manager.New(manager.Options{
		Store: kept, Book: d.book, Notifier: d.notifier, Seal: key, OnOverlays: func(string) { d.caller.Call() }, Connections: d.connections,
		Data: loaded.Serve.Data, Metrics: registry, Now: time.Now, Log: options.Log,
		ControlTopic: func() (controltopic.Health, bool) { return d.control.Health() },
	})
	member, err := controlMember(loaded.Serve.Data)
	if err != nil {
		return nil, err
	}
	d.control = controltopic.New(controltopic.Options{
		Taker: taker{d.manager}, Await: d.manager.AwaitBacklog, Member: member, Metrics: registry, Now: time.Now, Log: options.Log,
	})
	d.api = api.New(api.Options{
		Manager: d.manager, Connections: d.connections, Page: page.Handler(), Hook: d.receiver(), Reload: d.reload, Metrics: registry, Now: time.Now,
		Log: options.Log,
	})
	return d, nil
}

func (d *daemon) listen(ctx context.Context) (*api.Server, error) {
	places := api.Places{Listen: d.began.Listen, Socket: d.began.Socket}
	if places.Listen == settings.NoPort {
		places.Listen = ""
	}
	if d.began.TLS.CertFile != "" {
		var err error
		if places.TLS, err = api.ReadCertificate(d.began.TLS.CertFile, d.began.TLS.KeyFile, d.options.Log); err != nil {
			return nil, err
		}
	}
	return d.api.Listen(ctx, places)
}

// serve answers, and keeps clusters. At the end, whoever waits for a sync gets its answer before the server goes.
func (d *daemon) serve(ctx context.Context, server *api.Server) error {
	ctx, end := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer end()
	group.Go(func() {
		<-ctx.Done()
		d.options.Log.Info("ending")
		d.loading.Lock() // no further settings come into force
		d.manager.Keep(nil)
	})
	group.Go(func() { d.heed(ctx) })
	group.Go(func() { d.connections.Run(ctx) })
	group.Go(func() { d.control.Run(ctx) })
	group.Go(func() { d.caller.Run(ctx) })
	group.Go(func() { _ = d.notifier.Run(ctx) }) // it ends with the context, and for no other reason
	return server.Serve(ctx, shutdownPatience)
}

// heed reads the settings again at each hang-up.
func (d *daemon) heed(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.options.Hangups:
			if err := d.reload(ctx); err != nil {
				d.options.Log.Error("the settings from before stay in force", "error", err)
			}
		}
	}
}
