package charm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"

	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/hook"
)

// observeGateway asks the gateway what it has in force.
func (u *unit) observeGateway(ctx context.Context, w *World, services *Services) error {
	if services.GatewayRunning {
		state, err := u.control.Status(ctx)
		if err == nil {
			services.GatewayUp, services.Accounts = true, state.Revision
			w.Watch.MetricsProblem = state.MetricsProblem
			services.Shown, services.Plain = state.Certificate.Fingerprint, state.Plain
			services.GatewayHas, services.GatewayRestart = state.Config, len(state.Restart) > 0
			document, err := u.gatewayConfig(w)
			services.GatewayWants = gateway.Revision(document)
			return err
		}
	}
	if w.Address == "" {
		return nil
	}
	if listener, err := net.Listen("tcp", w.listen()); err != nil {
		services.GatewayReason = fmt.Sprintf("%v; free the port or set config rest-port", errors.Unwrap(err))
	} else {
		_ = listener.Close()
	}
	return nil
}

// readGatewayConfig reads where the gateway listens and what it lets one client do.
func readGatewayConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	config.Port, problem = within(options, "rest-port", 1, 65535)
	switch config.Port {
	case worker.Port:
		return fmt.Sprintf("config rest-port is %d: that is the worker's own port on loopback, set another", worker.Port)
	case worker.InternalPort:
		return fmt.Sprintf("config rest-port is %d: that is the port for other workers, set another", worker.InternalPort)
	}
	for _, limit := range []struct {
		name        string
		least, most int
		value       *int
	}{
		{"client-rate-limit", 0, 100_000, &config.ClientRate},
		{"request-body-limit", 16, 16 << 10, &config.BodyKiB},
	} {
		var wrong string
		if *limit.value, wrong = within(options, limit.name, limit.least, limit.most); problem == "" {
			problem = wrong
		}
	}
	return problem
}

// listen is where the gateway listens.
func (w *World) listen() string {
	return net.JoinHostPort(w.ListenAddress, strconv.Itoa(w.Config.Port))
}

// gatewayConfig is the gateway's configuration file.
func (u *unit) gatewayConfig(w *World) ([]byte, error) {
	return json.MarshalIndent(gateway.Config{
		Listen:   w.listen(),
		TLS:      u.gatewayTLS(w),
		Plain:    w.takesPlain(),
		Internal: &gateway.Internal{Listen: net.JoinHostPort(w.ListenAddress, strconv.Itoa(worker.InternalPort)), KeyPair: w.Identity.forGateway()},
		Upstream: w.Config.Settings(w).URL(),
		Accounts: u.seen.accountsFile(),
		Control:  u.seen.controlFile(),
		Audit:    u.seen.auditFile(),
		Rate:     w.Config.ClientRate,
		MaxBody:  int64(w.Config.BodyKiB) << 10,

		Metrics: w.metricsAddress(), MetricsWorker: w.jmxURL(),
	}, "", "  ")
}

func (u *unit) writeGatewayConfig(w *World) error {
	document, err := u.gatewayConfig(w)
	if err != nil {
		return err
	}
	return atomicfile.Write(u.layout.gatewayFile(), document, 0o640)
}

// configureGateway puts the gateway's settings into force where they are not. Most need no restart.
func configureGateway(w *World) Step {
	s, shown, plain := w.Services, w.Certificate.Held.Fingerprint(), w.takesPlain()
	isAsItShould := s.GatewayHas == s.GatewayWants && !s.GatewayRestart && s.Shown == shown && s.Plain == plain
	if w.Address == "" || w.Config.Problem != "" || !s.GatewayUp || !w.hasIdentity() || isAsItShould {
		return nil
	}
	return w.once(fmt.Sprintf("configure gateway %s %s %v", s.GatewayWants, shown, plain), ConfigureGateway{})
}

// ConfigureGateway writes the gateway's configuration and has it read: by a restart where a reload does not do.
type ConfigureGateway struct{}

func (ConfigureGateway) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.writeGatewayConfig(w); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, gatewayPatience)
	defer cancel()
	done, err := u.control.Reload(limited)
	if err != nil {
		u.log.Warn("the gateway could not take all of its settings", "error", err)
	}
	if len(done.Restart) > 0 {
		if err := u.restartGateway(ctx, w); err != nil {
			return err
		}
		u.awaitGateway(limited)
	}
	return u.observeServices(ctx, w)
}

// restartGateway puts new settings of the gateway into force.
func (u *unit) restartGateway(ctx context.Context, w *World) error {
	w.tried.Forget("await gateway")
	return u.supervisor.Restart(ctx, gatewayService)
}

func awaitGateway(w *World) Step {
	if w.Address == "" || w.Config.Problem != "" || w.Runtime.Waits != "" || w.Services.GatewayUp || !w.hasIdentity() {
		return nil
	}
	return w.once("await gateway", AwaitGateway{})
}

// AwaitGateway waits for the gateway to answer.
type AwaitGateway struct{}

func (AwaitGateway) Apply(ctx context.Context, u *unit, w *World) error {
	limited, cancel := context.WithTimeout(ctx, gatewayPatience)
	defer cancel()
	u.awaitGateway(limited)
	return u.observeServices(ctx, w)
}

// awaitGateway waits until the gateway answers, or ctx ends.
func (u *unit) awaitGateway(ctx context.Context) {
	poll(ctx, func() (done bool) {
		_, err := u.control.Status(ctx)
		return err == nil
	})
}

func gatewayStatus(w *World) (hook.Status, bool) {
	if w.Services.GatewayUp {
		return hook.Status{}, false
	}
	return waiting("the gateway: %s", or(w.Services.GatewayReason, "it does not answer"))
}
