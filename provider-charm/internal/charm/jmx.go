package charm

import (
	"context"

	"connectcharms/provider-charm/internal/jmxexporter"
	"connectcharms/provider-charm/internal/worker"
)

// JMXExporter is the agent in the worker's JVM that an operator may attach, or that the image has.
type JMXExporter struct {
	Attached string // the resource, when Juju may have a new one; empty: none
	InImage  string // the jar, as the worker finds it; empty: none
	Pending  bool   // it is to be installed
	Option   string // of the worker's JVM; empty: no agent
	Problem  string // why the attached file is not used
}

func (u *unit) observeJMX(ctx context.Context, w *World) (err error) {
	if err := u.readJMX(w); err != nil {
		return err
	}
	return u.place.findJMX(ctx, u, w)
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
	return w.once("jmx exporter", InstallJMX{Attached: w.Watch.JMX.Attached, InImage: w.Watch.JMX.InImage})
}

// InstallJMX puts the agent where the worker can read it, unless it is there.
type InstallJMX struct{ Attached, InImage string }

func (s InstallJMX) Apply(_ context.Context, u *unit, w *World) error {
	var err error
	if s.InImage != "" {
		err = jmxexporter.Use(u.layout.jmxDir(), s.InImage)
	} else {
		err = jmxexporter.Install(u.layout.jmxDir(), s.Attached)
	}
	if err != nil {
		return err
	}
	w.Watch.JMX.Pending = false
	return u.readJMX(w)
}

// jmxURL is where the gateway finds what the agent tells; empty without one.
func (w *World) jmxURL() string {
	if w.Watch.JMX.Option == "" {
		return ""
	}
	return jmxexporter.URL(worker.Loopback(w.Address))
}
