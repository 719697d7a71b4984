package charm

import (
	"context"
	"fmt"
	"slices"
)

// ports are those that others need to reach.
func (w *World) ports() []int {
	if w.Config.MetricsPort > 0 && len(w.Watch.Watchers[scrapeEndpoint]) > 0 {
		return []int{w.Config.Port, w.Config.MetricsPort}
	}
	return []int{w.Config.Port}
}

// openPorts has those ports open in the model's firewall, and no others. Juju opens them when the hook succeeds, as it takes the
// report: what stands in that one is so, whatever became of the hooks in between.
func openPorts(w *World) Step {
	if w.Services.Written == "" || w.Config.Problem != "" || slices.Equal(w.Own.Ports, w.ports()) {
		return nil
	}
	return w.once("ports", OpenPorts{Ports: w.ports()})
}

// OpenPorts opens ports, and closes those that were open before.
type OpenPorts struct{ Ports []int }

func (s OpenPorts) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.openOnly(ctx, s.Ports); err != nil {
		return err
	}
	w.Own.Ports = s.Ports
	return nil
}

func (u *unit) openOnly(ctx context.Context, ports []int) error {
	opened, err := u.OpenedPorts(ctx)
	if err != nil {
		return err
	}
	for _, old := range opened {
		var number int
		if _, err := fmt.Sscanf(old, "%d/tcp", &number); err == nil && !slices.Contains(ports, number) {
			if err := u.ClosePort(ctx, number, "tcp"); err != nil {
				return err
			}
		}
	}
	for _, port := range ports {
		if err := u.OpenPort(ctx, port, "tcp"); err != nil {
			return err
		}
	}
	return nil
}
