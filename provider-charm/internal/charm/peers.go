package charm

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
)

const (
	peerEndpoint = "cluster"
	reportKey    = "report" // in each unit's peer databag
	sharedKey    = "shared" // in the application's
)

func (u *unit) observePeers(ctx context.Context, w *World) error {
	w.Shared.Clients = map[connectprovider.Key]ClientRecord{}
	w.Others = map[string]Report{}
	w.Acknowledged = map[hook.RelationID]int64{}
	ids, err := u.RelationIDs(ctx, peerEndpoint)
	if err != nil || len(ids) == 0 {
		return err
	}
	id := ids[0]
	w.PeerRelation = &id
	if err := u.readDocument(ctx, id, u.Application(), sharedKey, &w.Shared); err != nil {
		return err
	}
	if err := u.readDocument(ctx, id, u.Unit, reportKey, &w.Sent); err != nil {
		return err
	}
	w.Own = w.Sent.clone()
	for relation, secrets := range w.Sent.Secrets {
		w.Acknowledged[relation] = secrets.Version
	}
	others, err := u.otherUnits(ctx, id)
	if err != nil {
		return err
	}
	for _, other := range others {
		var report Report
		if err := u.readDocument(ctx, id, other, reportKey, &report); err != nil {
			return err
		}
		w.Others[other] = report
	}
	return nil
}

// otherUnits lists the application's other units. Juju 4.1-beta2 does not tell those that stay of each one that has gone: no
// relation-departed runs, and relation-list goes on naming it. The application's goal does not, and calls one that is on
// its way out dying.
func (u *unit) otherUnits(ctx context.Context, peers hook.RelationID) ([]string, error) {
	listed, err := u.RelationUnits(ctx, peers)
	if err != nil || len(listed) == 0 {
		return nil, err
	}
	goal, err := u.GoalState(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(listed, func(other string) bool {
		state, stays := goal.Units[other]
		return !stays || state.Status == "dying"
	}), nil
}

func (u *unit) readDocument(ctx context.Context, id hook.RelationID, owner, key string, document any) error {
	bag, err := u.RelationGet(ctx, id, owner)
	if err != nil || bag[key] == "" {
		return err
	}
	if err := json.Unmarshal([]byte(bag[key]), document); err != nil {
		return fmt.Errorf("read %s in the peer databag of %s: %w", key, owner, err)
	}
	return nil
}

// report tells the other units how far this one is.
func report(w *World) Step {
	if w.PeerRelation == nil {
		return nil
	}
	own := w.ownReport()
	if own.equal(w.Sent) {
		return nil
	}
	return SendReport{Report: own}
}

// SendReport tells the other units how far this one is.
type SendReport struct{ Report Report }

func (s SendReport) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.sendReport(ctx, *w.PeerRelation, s.Report); err != nil {
		return err
	}
	w.Sent = s.Report.clone()
	return nil
}

func (u *unit) sendReport(ctx context.Context, id hook.RelationID, report Report) error {
	document, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return u.RelationSet(ctx, id, hook.Databag{reportKey: string(document)})
}

func (r Report) clone() Report {
	r.Plugins, r.Loaded, r.Secrets = maps.Clone(r.Plugins), slices.Clone(r.Loaded), maps.Clone(r.Secrets)
	r.Ports = slices.Clone(r.Ports)
	return r
}

func (r Report) equal(other Report) bool {
	return r.Address == other.Address && r.NeedsRestart == other.NeedsRestart && r.Ready == other.Ready && r.Trouble == other.Trouble &&
		r.Accounts == other.Accounts && r.TLS == other.TLS && r.ExactlyOnce == other.ExactlyOnce &&
		r.Asks == other.Asks && r.Turned == other.Turned &&
		maps.Equal(r.Plugins, other.Plugins) && slices.Equal(r.Loaded, other.Loaded) && slices.Equal(r.Ports, other.Ports) && maps.Equal(r.Secrets, other.Secrets)
}
