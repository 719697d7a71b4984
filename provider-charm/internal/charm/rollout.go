package charm

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

const (
	// settlePatience is how long restarts wait for a requirer that has just come to name its plugin: those that come
	// together then cost one restart. No hook is waited for: whichever comes after that time goes on.
	settlePatience = 30 * time.Second
	// downPatience is how long restarts wait for a worker that is down: with two down, fewer are left to take tasks over.
	downPatience = 5 * time.Minute
	// hookPatience is how long after an event a unit that lives has run a hook: Juju runs update-status every 5 minutes.
	hookPatience = 5 * time.Minute
)

// Turn is whose turn it is to restart its worker. A turn is for one restart: it has a number, by which the unit says that
// it has used it. Without a unit, Since is the time from which restarts are held back.
//
// Nobody uses a turn before it is in the databag: a hook that fails takes back what it wrote, and then there would be two.
// So the leader uses its own in a later hook, which Juju runs for what the leader has written there as on the other units.
type Turn struct {
	Number int       `json:"number,omitempty"`
	Unit   string    `json:"unit,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	fresh  bool      // it was given in this very hook
}

// noteRequests takes up that an operator asked for a restart of all workers, on this unit or on another.
func noteRequests(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	asked := w.Shared.Restart
	for _, report := range w.units() {
		asked = max(asked, report.Asks)
	}
	if asked == w.Shared.Restart {
		return nil
	}
	return NoteRequest{Number: asked}
}

// NoteRequest has every worker restart that was started before the request with this number.
type NoteRequest struct{ Number int }

func (s NoteRequest) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) { shared.Restart = s.Number })
}

// askRestart is the action restart. The leader hears of it through this unit's report.
func askRestart(_ context.Context, _ *unit, w *World) (map[string]string, error) {
	if w.PeerRelation == nil {
		return nil, refuse("the units do not know each other yet: run it again when the status says that the unit is ready")
	}
	if !w.Services.WorkerRunning {
		return nil, refuse("the worker of this unit does not run (%s): run it on another unit", status(w).Message)
	}
	w.Own.Asks = w.Shared.Restart + 1
	return map[string]string{
		"request": strconv.Itoa(w.Own.Asks),
		"workers": strconv.Itoa(len(w.units())),
		"message": "the workers restart one at a time: each unit's status says when it waits for its turn",
	}, nil
}

// giveTurn lets one unit at a time restart its worker, so that the others can take over its tasks.
func giveTurn(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	if turn := w.nextTurn(); turn != w.Shared.Turn {
		return GiveTurn{turn}
	}
	return nil
}

// GiveTurn lets a unit restart its worker; nobody, where Turn has no unit.
type GiveTurn struct{ Turn Turn }

func (s GiveTurn) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) { shared.Turn = s.Turn })
}

// nextTurn is whose turn it should be. A unit has it until its worker is up again: what breaks one worker does not go on
// to the next. One that does not restart in time loses it to the next that waits, and has it again after all others.
func (w *World) nextTurn() Turn {
	now := w.Shared.Turn
	waiting := w.waitingUnits()
	switch {
	case w.turnIsInUse():
		return now
	case len(waiting) == 0 || w.unasked() != "":
		return Turn{Number: now.Number}
	case waiting[0] == now.Unit && w.turnIsLate():
		return now // nobody else waits
	}
	held := now.Unit == "" && !now.Since.IsZero()
	switch {
	case w.downUnit(waiting[0]) == "", held && w.passed(now.Since) >= downPatience:
		return Turn{Number: now.Number + 1, Unit: waiting[0], Since: w.second(), fresh: true}
	case held:
		return now
	}
	return Turn{Number: now.Number, Since: w.second()}
}

// second is the time, as it is written down.
func (w *World) second() time.Time { return w.Now.UTC().Truncate(time.Second) }

// turnIsInUse says whether the unit that has the turn is there, and has not used it, or its worker is not up yet. A unit
// that is gone loses it at once.
func (w *World) turnIsInUse() bool {
	report, there := w.reports()[w.Shared.Turn.Unit]
	if !there {
		return false
	}
	if report.NeedsRestart && report.Turned != w.Shared.Turn.Number {
		return !w.turnIsLate()
	}
	return !report.Ready
}

// hasTurn says whether this unit may restart its worker now, once.
func (w *World) hasTurn() bool {
	turn := w.Shared.Turn
	return turn.Unit == w.Event.Unit && !turn.fresh && w.Own.Turned != turn.Number
}

// turnIsLate says whether the unit that has the turn had time enough: to run a hook, to download all plugins first, and
// to restart.
func (w *World) turnIsLate() bool {
	limit := hookPatience + stopPatience + workerPatience
	for _, client := range w.Clients {
		if client.NeedsPlugin() {
			limit += w.Config.Plugins.Total
		}
	}
	return w.Shared.Turn.Unit != "" && w.passed(w.Shared.Turn.Since) > limit
}

// skew is how much the clocks of units may differ.
const skew = time.Minute

// passed is how much time has passed since something that a unit has noted. What lies ahead by more than the skew was noted by a
// clock that has been put right meanwhile: it is long ago, for nobody may be waited for until then.
func (w *World) passed(since time.Time) time.Duration {
	passed := w.Now.Sub(since)
	if passed < -skew {
		return math.MaxInt64
	}
	return passed
}

// reports is the report of every unit, this one's with what it needs now.
func (w *World) reports() map[string]Report {
	reports := w.units()
	reports[w.Event.Unit] = w.ownReport()
	return reports
}

// ownReport is this unit's, with what it needs. A turn that it does not need counts as used: it is no store for later.
func (w *World) ownReport() Report {
	own := w.Own
	own.NeedsRestart = w.needsRestart()
	if w.hasTurn() && !own.NeedsRestart {
		own.Turned = w.Shared.Turn.Number
	}
	return own
}

// waitingUnits lists the units that wait for a turn, those first that come after the one that has it. A unit whose
// worker is down waits for none: it restarts by itself.
func (w *World) waitingUnits() []string {
	reports := w.reports()
	var after, before []string
	for _, unit := range sortedKeys(reports) {
		switch {
		case !reports[unit].NeedsRestart || !reports[unit].Ready:
		case unit > w.Shared.Turn.Unit:
			after = append(after, unit)
		default:
			before = append(before, unit)
		}
	}
	return slices.Concat(after, before)
}

// unasked names a requirer that has come just now and has not named its plugin yet.
func (w *World) unasked() (app string) {
	for _, client := range w.Clients {
		record := w.Shared.Clients[client.Key]
		if client.WantErr != nil && schemas.IsMissing(client.WantErr) && w.passed(record.Since) < settlePatience {
			return client.name()
		}
	}
	return ""
}

// downUnit names a unit other than this one whose worker is down. One that has said nothing so far has had none.
func (w *World) downUnit(except string) string {
	reports := w.reports()
	for _, unit := range sortedKeys(reports) {
		if unit != except && !reports[unit].Ready && reports[unit].Address != "" {
			return unit
		}
	}
	return ""
}

// rolloutStatus says what a restart that is due waits for, and who holds the others up.
func rolloutStatus(w *World) (hook.Status, bool) {
	turn := w.Shared.Turn
	report, there := w.reports()[turn.Unit]
	mine := turn.Unit == w.Event.Unit
	switch {
	case there && !mine && report.NeedsRestart && report.Turned != turn.Number && w.turnIsLate():
		return waiting("%s to restart its worker, its turn from %s: mend or remove that unit", turn.Unit, clock(turn.Since))
	case there && !mine && !report.NeedsRestart && !report.Ready && w.passed(turn.Since) > stopPatience+workerPatience:
		return waiting("the worker of %s, which has not come up since %s: the others do not restart before it", turn.Unit, clock(turn.Since))
	case !w.needsRestart() || !w.Services.WorkerReady:
		return hook.Status{}, false
	case turn.Unit != "" && !mine:
		return waiting("its turn to restart the worker, after %s", turn.Unit)
	case w.unasked() != "":
		return waiting("%s to name its plugin, %s at most, to restart the worker once for all", w.unasked(), settlePatience)
	case w.downUnit(w.Event.Unit) != "":
		return waiting("the worker of %s to be up, %s at most, before the next one restarts", w.downUnit(w.Event.Unit), downPatience)
	}
	return waiting("its turn to restart the worker")
}
