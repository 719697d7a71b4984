package charm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/machine"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

// How long a hook waits for what this unit itself has started. Juju runs a unit's hooks one after another: one that
// waits holds up the others.
const (
	workerPatience  = 60 * time.Second
	gatewayPatience = 5 * time.Second
	cleanupPatience = 30 * time.Second
	aptPatience     = 5 * time.Minute // some 100 MB from a mirror
)

// The steps, in the order of a relation's life.
type (
	// AddOperator makes the charm's own account.
	AddOperator struct{}
	// AddSecret makes a relation's credentials.
	AddSecret struct{ ID hook.RelationID }
	// InstallJava installs a Java runtime.
	InstallJava struct{}
	// UnpackKafka unpacks the distribution that is attached.
	UnpackKafka struct{ Archive string }
	// InstallPlugin downloads a relation's plugin into the store.
	InstallPlugin struct {
		ID     hook.RelationID
		Source plugins.Source
	}
	// RunServices has Pebble run the gateway, and the worker where it can run.
	RunServices struct {
		Worker      bool
		Fingerprint string
	}
	// AwaitGateway waits for the gateway to answer.
	AwaitGateway struct{}
	// GiveTurn lets a unit restart its worker; nobody, where Unit is empty.
	GiveTurn struct{ Unit string }
	// RestartWorker restarts this unit's worker.
	RestartWorker struct{}
	// AwaitWorker waits for the worker to say what it has loaded.
	AwaitWorker struct{}
	// OpenAccount lets a relation's credentials in.
	OpenAccount struct {
		ID     hook.RelationID
		Secret string
	}
	// WriteAccounts has the gateway accept exactly these accounts.
	WriteAccounts struct{ Accounts accounts.Set }
	// Publish grants a client its secret and writes its databag.
	Publish struct {
		ID      hook.RelationID
		Secret  string
		Databag hook.Databag
	}
	// TellClient writes the databag's status key.
	TellClient struct {
		ID     hook.RelationID
		Status string
	}
	// SendReport tells the other units how far this one is.
	SendReport struct{ Report Report }
	// CloseClient takes back a relation's account and secret.
	CloseClient struct {
		ID     hook.RelationID
		Secret string
	}
	// ForgetClient deletes what connectors a closed client has left, with the account in Secret.
	ForgetClient struct {
		ID     hook.RelationID
		Secret string
	}
	// RemovePlugins removes from the store all but these.
	RemovePlugins struct{ Keep []plugins.Digest }
	// StopServices ends all that runs, and removes the unit's files where it goes for good.
	StopServices struct{ RemoveFiles bool }
)

func (AddOperator) Apply(ctx context.Context, u *unit, w *World) error {
	password := accounts.GeneratePassword()
	hash, err := accounts.HashPassword(password)
	if err != nil {
		return err
	}
	id, err := u.addCredentials(ctx, operatorName, password, operatorName+".user.secret")
	if err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.Operator = &OperatorRecord{Secret: id, Account: accounts.Account{Username: operatorName, Hash: hash, Operator: true}}
	})
}

func (s AddSecret) Apply(ctx context.Context, u *unit, w *World) error {
	label := fmt.Sprintf("%s.%d.user.secret", clientEndpoint, s.ID)
	id, err := u.addCredentials(ctx, username(s.ID), accounts.GeneratePassword(), label)
	if err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.Clients[s.ID] = ClientRecord{Secret: id, fresh: true}
	})
}

func (InstallJava) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.StatusSet(ctx, hook.Status{Name: hook.Maintenance, Message: "installing Java"}); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, aptPatience)
	defer cancel()
	if err := machine.InstallJava(limited); err != nil {
		u.log.Error("Java could not be installed", "error", err)
		return nil // the status says that there is none
	}
	w.Runtime.Problem, w.Runtime.CanInstallJava = "", false
	return nil
}

func (s UnpackKafka) Apply(ctx context.Context, u *unit, w *World) error {
	dir, err := u.kafka.Install(ctx, s.Archive)
	w.Runtime.Pending = false
	if err != nil {
		w.Runtime.Problem = fmt.Sprintf("resource kafka: %v", err)
		return nil
	}
	w.Runtime.KafkaDir = dir
	return u.ApplicationVersionSet(ctx, u.kafka.Version(dir))
}

func (s InstallPlugin) Apply(ctx context.Context, u *unit, w *World) error {
	installed, err := u.store.Install(ctx, s.Source, w.Config.Plugins)
	client, _ := w.client(s.ID)
	told := w.Own.Plugins[s.ID]
	var refused *plugins.InstallError
	switch {
	case errors.As(err, &refused):
		told.Failed, told.Error, told.Lasts = fingerprint(client.Want), refused.Error(), !refused.Temporary()
	case err != nil:
		return err
	default:
		told = PluginReport{Source: fingerprint(client.Want), Digest: installed.Digest}
	}
	if w.Own.Plugins == nil {
		w.Own.Plugins = map[hook.RelationID]PluginReport{}
	}
	w.Own.Plugins[s.ID] = told
	return u.observeStore(w)
}

func (s RunServices) Apply(ctx context.Context, u *unit, w *World) error {
	wasRunning := w.Services.WorkerRunning
	settings := w.Config.Settings(w)
	if err := u.writeSettings(w, settings); err != nil {
		return err
	}
	if err := u.supervisor.Ensure(ctx, u.services(settings, s.Worker)); err != nil {
		return err
	}
	if w.Services.GatewayUp && w.Services.Written != s.Fingerprint {
		if err := u.restartGateway(ctx, w); err != nil {
			return err
		}
	}
	if s.Worker && !wasRunning {
		if err := u.noteStart(w, settings); err != nil {
			return err
		}
	}
	if err := u.openOnly(ctx, w.Config.Port); err != nil {
		return err
	}
	if err := u.writeServicesNote(s.Fingerprint); err != nil {
		return err
	}
	return u.observeServices(ctx, w)
}

func (AwaitGateway) Apply(ctx context.Context, u *unit, w *World) error {
	limited, cancel := context.WithTimeout(ctx, gatewayPatience)
	defer cancel()
	u.awaitGateway(limited)
	return u.observeServices(ctx, w)
}

func (s GiveTurn) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) { shared.Turn = s.Unit })
}

func (RestartWorker) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.StatusSet(ctx, hook.Status{Name: hook.Maintenance, Message: "restarting the worker"}); err != nil {
		return err
	}
	w.tried.Forget("await worker")
	if err := u.supervisor.Restart(ctx, workerService); err != nil {
		w.Services.WorkerReason = err.Error()
		return u.observeServices(ctx, w)
	}
	if err := u.noteStart(w, w.Config.Settings(w)); err != nil {
		return err
	}
	return u.observeServices(ctx, w)
}

func (AwaitWorker) Apply(ctx context.Context, u *unit, w *World) error {
	if err := worker.ReachBroker(ctx, w.Config.BootstrapServers); err != nil {
		return nil // it will not become ready; the status says why
	}
	limited, cancel := context.WithTimeout(ctx, workerPatience)
	defer cancel()
	u.awaitWorker(limited)
	return u.observeServices(ctx, w)
}

func (s OpenAccount) Apply(ctx context.Context, u *unit, w *World) error {
	content, err := u.SecretGet(ctx, "secret:"+s.Secret, hook.Peek)
	if err != nil {
		return err
	}
	hash, err := accounts.HashPassword(content["password"])
	if err != nil {
		return fmt.Errorf("open the account of relation %d: %w", s.ID, err)
	}
	account := accounts.Account{Username: content["username"].Reveal(), Hash: hash, Relation: int(s.ID)}
	return u.share(ctx, w, func(shared *Shared) {
		record := shared.Clients[s.ID]
		record.Account = &account
		shared.Clients[s.ID] = record
	})
}

func (s WriteAccounts) Apply(ctx context.Context, u *unit, w *World) error {
	if err := s.Accounts.WriteFile(u.layout.accountsFile()); err != nil {
		return err
	}
	if !w.Services.GatewayUp {
		return nil // it reads the file when it starts
	}
	limited, cancel := context.WithTimeout(ctx, gatewayPatience)
	defer cancel()
	if _, err := u.control.Reload(limited); err != nil {
		w.Services.GatewayReason = err.Error()
	}
	return u.observeServices(ctx, w)
}

func (s Publish) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.SecretGrant(ctx, s.Secret, s.ID); err != nil {
		return err
	}
	return u.publish(ctx, w, s.ID, s.Databag)
}

func (s TellClient) Apply(ctx context.Context, u *unit, w *World) error {
	return u.publish(ctx, w, s.ID, hook.Databag{"status": s.Status})
}

func (s SendReport) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.sendReport(ctx, *w.PeerRelation, s.Report); err != nil {
		return err
	}
	w.Sent = s.Report.clone()
	return nil
}

func (s CloseClient) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.SecretRemove(ctx, "secret:"+s.Secret, 0); err != nil && !hook.IsNotFound(err) {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.Clients[s.ID] = ClientRecord{Secret: s.Secret, Closing: true}
	})
}

func (s ForgetClient) Apply(ctx context.Context, u *unit, w *World) error {
	limited, cancel := context.WithTimeout(ctx, cleanupPatience)
	defer cancel()
	content, err := u.SecretGet(ctx, "secret:"+s.Secret, hook.Peek)
	if err != nil {
		return err
	}
	rest, err := worker.NewREST(w.Config.Settings(w).URL(), content["username"].Reveal(), content["password"])
	if err != nil {
		return err
	}
	if err := rest.DeleteConnectors(limited, s.ID); err != nil {
		u.log.Warn("connectors of a relation that is gone are left; tried again in a later hook", "relation", s.ID, "error", err)
		return nil
	}
	return u.share(ctx, w, func(shared *Shared) { delete(shared.Clients, s.ID) })
}

func (s RemovePlugins) Apply(ctx context.Context, u *unit, w *World) error {
	// A worker keeps the classes of a plugin whose files are gone, until its restart. Should the plugin return before
	// that, it has to be loaded anew: so the note goes first.
	started := w.Services.Started
	started.Plugins = slices.DeleteFunc(slices.Clone(started.Plugins), func(d plugins.Digest) bool { return !slices.Contains(s.Keep, d) })
	if err := started.Write(u.layout.workerDir()); err != nil {
		return err
	}
	if _, err := u.store.Keep(s.Keep); err != nil {
		return err
	}
	for id := range w.Own.Plugins {
		if client, live := w.client(id); !live || !client.NeedsPlugin() {
			delete(w.Own.Plugins, id)
		}
	}
	if err := u.observeStore(w); err != nil {
		return err
	}
	return u.observeServices(ctx, w)
}

func (s StopServices) Apply(ctx context.Context, u *unit, _ *World) error {
	if err := u.supervisor.Stop(ctx); err != nil {
		return err
	}
	if s.RemoveFiles {
		return u.layout.remove()
	}
	return nil
}
