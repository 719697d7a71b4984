package charm

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strconv"

	"connectcharms/requirer-lib/atomicfile"
)

// Ports are those of the unit that Juju has open, and those of them, or of before, that were opened for the manager. The
// plugin server sees to its own.
type Ports struct {
	Open   []string
	Opened []int
}

func (u *unit) observePorts(ctx context.Context, w *World) (err error) {
	document, err := os.ReadFile(u.layout.portsFile())
	if err == nil {
		_ = json.Unmarshal(document, &w.Ports.Opened) // a damaged record is none
	}
	if w.Config.Serve.Port == 0 && len(w.Ports.Opened) == 0 {
		return nil
	}
	w.Ports.Open, err = u.OpenedPorts(ctx)
	return err
}

// openPort has the API's port open, and none of before.
func openPort(w *World) Step {
	port := w.Config.Serve.Port
	if w.serveProblem() != "" || !w.Manager.Running && port != 0 {
		return nil
	}
	step := OpenPort{Close: w.stale(port)}
	if port != 0 && !slices.Contains(w.Ports.Open, tcp(port)) {
		step.Open = port
	}
	if step.Open == 0 && len(step.Close) == 0 {
		return nil
	}
	return w.once("port", step)
}

// stale are ports of before that are still open.
func (w *World) stale(port int) (stale []int) {
	for _, before := range w.Ports.Opened {
		if before != port && slices.Contains(w.Ports.Open, tcp(before)) {
			stale = append(stale, before)
		}
	}
	return stale
}

// OpenPort opens a port, where it is not 0, and closes others.
type OpenPort struct {
	Open  int
	Close []int
}

// Apply writes down what it opens and closes: a hook that fails takes both back, and a later one does them again.
func (s OpenPort) Apply(ctx context.Context, u *unit, w *World) error {
	known := slices.Clone(s.Close)
	if s.Open != 0 {
		known = append(known, s.Open)
	}
	document, err := json.Marshal(known)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(u.layout.portsFile(), document, 0o600); err != nil {
		return err
	}
	for _, port := range s.Close {
		if err := u.ClosePort(ctx, port, "tcp"); err != nil {
			return err
		}
	}
	if s.Open == 0 {
		return nil
	}
	return u.OpenPort(ctx, s.Open, "tcp")
}

func tcp(port int) string { return strconv.Itoa(port) + "/tcp" }
