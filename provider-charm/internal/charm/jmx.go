package charm

import (
	"context"

	"connectcharms/provider-charm/internal/jmxexporter"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

const jmxResource = "jmx-exporter"

// JMXExporter is the agent in the worker's JVM that an operator may attach.
type JMXExporter struct {
	Attached string // the resource, when Juju may have a new one; empty: none
	Pending  bool   // Attached is to be looked at
	Option   string // of the worker's JVM; empty: no agent
	Problem  string // why the attached file is not used
}

func (u *unit) observeJMX(ctx context.Context, w *World) (err error) {
	if err := u.readJMX(w); err != nil {
		return err
	}
	if u.Kind != hook.Install && u.Kind != hook.UpgradeCharm { // Juju tells of a new resource by upgrade-charm
		return nil
	}
	w.Watch.JMX.Pending = true
	if w.Watch.JMX.Attached, err = u.ResourceGet(ctx, jmxResource); hook.IsNotFound(err) {
		return nil
	}
	return err
}

func (u *unit) readJMX(w *World) (err error) {
	jmx := &w.Watch.JMX
	jmx.Problem = jmxexporter.Problem(u.layout.jmxDir())
	jmx.Option, err = jmxexporter.Option(u.layout.jmxDir(), u.seen.jmxDir(), worker.Loopback(w.Address))
	return err
}

// installJMX takes an agent that was attached, or gives up one that is no more. It is a setting of the worker.
func installJMX(w *World) Step {
	if !w.Watch.JMX.Pending {
		return nil
	}
	return w.once("jmx exporter", InstallJMX{Attached: w.Watch.JMX.Attached})
}

// InstallJMX puts the agent where the worker can read it.
type InstallJMX struct{ Attached string }

func (s InstallJMX) Apply(_ context.Context, u *unit, w *World) error {
	if err := jmxexporter.Install(u.layout.jmxDir(), s.Attached); err != nil {
		return err
	}
	return u.readJMX(w)
}

// jmxURL is where the gateway finds what the agent tells; empty without one.
func (w *World) jmxURL() string {
	if w.Watch.JMX.Option == "" {
		return ""
	}
	return jmxexporter.URL(worker.Loopback(w.Address))
}
