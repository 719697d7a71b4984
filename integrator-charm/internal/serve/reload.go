package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"

	"connectcharms/integrator-charm/internal/api"
	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/integrator-charm/internal/source/webhook"
	"connectcharms/requirer-lib/secret"
)

// reload reads the settings again, and returns when they are in force. Settings that are wrong change nothing.
func (d *daemon) reload(ctx context.Context) error {
	loaded, err := d.options.Load()
	if err != nil {
		return invalid(err)
	}
	if err := d.fixed(loaded.Serve); err != nil {
		return err
	}
	d.loading.Lock()
	defer d.loading.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.use(loaded); err != nil {
		return invalid(err)
	}
	d.options.Log.Info("other settings are in force", "path", loaded.Path)
	return nil
}

func invalid(err error) error { return fmt.Errorf("%w: %w", api.ErrSettings, err) }

// fixed refuses what only another process could do.
func (d *daemon) fixed(wanted settings.Serve) error {
	var all []error
	for what, differs := range map[string]bool{
		"listen": wanted.Listen != d.began.Listen, "socket": wanted.Socket != d.began.Socket, "data": wanted.Data != d.began.Data,
		"tls": wanted.TLS != d.began.TLS,
	} {
		if differs {
			all = append(all, fmt.Errorf("serve.%s: %w", what, api.ErrFixed))
		}
	}
	return errors.Join(all...)
}

// use puts settings in force: all of them, or none.
func (d *daemon) use(loaded *settings.Settings) error {
	serve := loaded.Serve
	rules, err := approval.Decode(serve.Approvals)
	if err != nil {
		return err
	}
	owners, err := notify.Decode(serve.Notify, filepath.Dir(loaded.Path))
	if err != nil {
		return err
	}
	all, err := clusters(loaded, d.options.Log)
	if err != nil {
		return err
	}
	reached, err := connections.Decode(serve.Connections, filepath.Dir(loaded.Path))
	if err != nil {
		return err
	}
	ofContexts, err := ofContexts(loaded)
	if err != nil {
		return err
	}
	topic, err := controlTopic(loaded, d.options.Log)
	if err != nil {
		return err
	}
	if err := d.notifier.Configure(owners); err != nil {
		return err
	}
	if err := d.api.SetTokens(serve.Tokens); err != nil {
		return err
	}
	d.webhook.Store(&serve.WebhookSecretFile)
	d.book.Configure(rules)
	d.connections.Configure(reached, ofContexts)
	d.caller.Set(called(serve))
	d.control.Configure(topic) // before the manager: what is in the topic is taken before connectors are given what they said earlier
	d.manager.Keep(all)
	return nil
}

// called is the command that is run for what is new. What a standby has, nobody is to fetch.
func called(serve settings.Serve) []string {
	if !serve.Active {
		return nil
	}
	return serve.Call
}

// receiver takes pushes. Their secret is read at each of them.
func (d *daemon) receiver() http.Handler {
	return &webhook.Receiver{
		Secret: func() (secret.Value, error) {
			path := *d.webhook.Load()
			if path == "" {
				return secret.Value{}, errNoSecret
			}
			return cluster.ReadSecret(path, nil)
		},
		Pushed: d.manager.Pushed,
		Log:    d.options.Log,
	}
}

var errNoSecret = errors.New("there is no webhook-secret-file")
