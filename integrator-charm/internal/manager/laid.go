package manager

import (
	"context"
	"errors"
	"slices"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
)

// lay is what the file says with what connectors have changed over it: what a sync makes of them.
func (k *keeper) lay(declared connectors.Desired, there map[string]connectors.Found) connectors.Desired {
	if k.backlog.remaining() > 0 {
		return declared // what the cluster has noted stays
	}
	return k.layers.lay(declared, there)
}

// relay writes an overlay in place of another: see layers.replace. Whose connector is not kept stopped any more is told.
func (k *keeper) relay(ctx context.Context, before, after overlay.Overlay, runs ...store.Run) (overlay.Overlay, error) {
	written, err := k.layers.replace(ctx, before, after, runs...)
	if err == nil && before.Halted != nil && after.Halted == nil {
		k.tellReleased(ctx, before.Connector, written.Sequence)
	}
	return written, err
}

// changeOverlay tries to change a connector's overlay, and tries anew from what it has become where somebody else was faster.
func (k *keeper) changeOverlay(connector string, attempt func(before overlay.Overlay) error) error {
	for {
		if err := attempt(k.layers.of(connector)); !errors.Is(err, errMoved) {
			return err
		}
	}
}

// adoptAll takes over what the cluster has noted of connectors, and is not known here.
func (k *keeper) adoptAll(ctx context.Context, there map[string]connectors.Found) {
	for name, found := range there {
		if err := k.adopt(ctx, name, found); err != nil {
			k.log.Error("what a connector has changed is not noted", "connector", name, "error", err)
		}
	}
}

// settle has the file have back what it has won of connectors, where nothing holds that up. It says whether there was anything.
func (k *keeper) settle(ctx context.Context, declared connectors.Desired, plan connectors.Plan) (is bool) {
	free := slices.Clone(plan.Unchanged)
	for _, change := range plan.Due() {
		free = append(free, change.Name)
	}
	for _, o := range k.layers.list() {
		wanted, isDeclared := declared[o.Connector]
		if !isDeclared || !slices.Contains(free, o.Connector) {
			continue
		}
		superseded := o.Superseded(wanted, &k.layers.bases)
		after := o.Settle(superseded)
		if o.Halted != nil && !o.IsHalted(wanted, &k.layers.bases) {
			after = after.Release()
		}
		if after.Says(o) {
			continue
		}
		is = true
		if _, err := k.relay(ctx, o, after); err != nil && !errors.Is(err, errMoved) {
			k.log.Error("that the state file has won is not noted", "connector", o.Connector, "error", err)
		}
		k.log.Info("the state file has changed what a connector had changed", "connector", o.Connector, "keys", superseded)
	}
	return is
}

// forget lets go of what connectors have changed that are gone for good: neither the file nor the cluster has them.
func (k *keeper) forget(ctx context.Context, declared connectors.Desired, report connectors.Report) {
	for _, result := range report.Connectors {
		_, isDeclared := declared[result.Name]
		o := k.layers.of(result.Name)
		if isDeclared || result.Exists || !slices.Contains(result.Done, connectors.Delete) || o.Version == 0 {
			continue
		}
		after, _ := o.Clear(nil)
		written, err := k.relay(ctx, o, after.Told().Prune())
		if err != nil {
			k.log.Error("what a deleted connector had changed is kept", "connector", result.Name, "error", err)
			continue
		}
		k.prune(ctx, written)
	}
}

// isApplied says whether a connector has all of its overlay, as last seen, and if not, why.
func (k *keeper) isApplied(ctx context.Context, o overlay.Overlay, declared connectors.Connector) (is bool, why string) {
	there, err := k.look(ctx, freshFor)
	found, exists := there[o.Connector]
	switch {
	case err != nil:
		return false, "the cluster does not answer"
	case !exists || !found.Owned:
		return false, "the connector is not there"
	case o.IsIn(found, declared, &k.layers.bases):
		return true, ""
	}
	if why := k.layers.hasteOf(o.Connector).why; why != "" {
		return false, why
	}
	return false, "it is about to be applied"
}
