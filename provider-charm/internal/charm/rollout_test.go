package charm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/schemas"
)

// Units of a rollout, beside unit 0, which the world is of and which leads.
const (
	unit0 = "kafka-connect/0"
	unit1 = "kafka-connect/1"
	unit2 = "kafka-connect/2"
)

// rolling is three units, all up, of which those named wait for a restart.
func rolling(t *testing.T, waiting ...string) *World {
	t.Helper()
	w := settled(t)
	withPeer(w)
	w.Others[unit2] = w.Others[unit1].clone()
	for _, unit := range waiting {
		if unit == unit0 {
			w.Services.Started.Plugins = nil
			continue
		}
		report := w.Others[unit]
		report.NeedsRestart = true
		w.Others[unit] = report
	}
	return w
}

func (w *World) changeReport(unit string, change func(*Report)) {
	report := w.Others[unit]
	change(&report)
	w.Others[unit] = report
}

// since is turn number 1, and fresh the one after it.
func since(unit string, ago time.Duration) Turn {
	return Turn{Number: 1, Unit: unit, Since: noon.Add(-ago)}
}

func fresh(unit string) Turn {
	return Turn{Number: 2, Unit: unit, Since: noon, fresh: true}
}

func TestWhoseTurnItIs(t *testing.T) {
	t.Parallel()
	mute := func(ago time.Duration) func(*World) {
		return func(w *World) {
			w.Clients = append(w.Clients, Client{Key: of8, App: "new", WantErr: unasked()})
			w.Shared.Clients[of8] = ClientRecord{Since: noon.Add(-ago)}
		}
	}
	down := func(unit string) func(*World) {
		return func(w *World) { w.changeReport(unit, func(r *Report) { r.Ready = false }) }
	}
	cases := map[string]struct {
		waiting []string
		turn    Turn
		change  func(*World)
		want    Turn
	}{
		"nobody waits":                    {want: Turn{Number: 1}},
		"the first that waits":            {waiting: []string{unit1, unit2}, want: fresh(unit1)},
		"the leader as any other":         {waiting: []string{unit0, unit2}, want: fresh(unit0)},
		"it stays where it is needed":     {waiting: []string{unit0, unit1}, turn: since(unit1, time.Minute), want: since(unit1, time.Minute)},
		"it goes on after a restart":      {waiting: []string{unit0, unit2}, turn: since(unit1, time.Minute), want: fresh(unit2)},
		"and round":                       {waiting: []string{unit0}, turn: since(unit2, time.Minute), want: fresh(unit0)},
		"it ends when all have restarted": {turn: since(unit2, time.Minute), want: Turn{Number: 1}},
		"one that is used is used": {
			waiting: []string{unit0, unit1}, turn: since(unit1, time.Minute), want: fresh(unit0),
			change: func(w *World) { w.changeReport(unit1, func(r *Report) { r.Turned = 1 }) },
		},
		"a unit that needs another has another": {
			waiting: []string{unit1}, turn: since(unit1, time.Minute), want: fresh(unit1),
			change: func(w *World) { w.changeReport(unit1, func(r *Report) { r.Turned = 1 }) },
		},
		"it does not die with its unit":           {waiting: []string{unit0}, turn: since("kafka-connect/9", time.Second), want: fresh(unit0)},
		"a worker that does not come up keeps it": {waiting: []string{unit2}, turn: since(unit1, time.Hour), change: down(unit1), want: since(unit1, time.Hour)},
		"a late unit loses it to the next": {
			waiting: []string{unit1, unit2}, turn: since(unit1, 10*time.Minute), want: fresh(unit2),
		},
		"a turn that a clock gave which was ahead is late": {
			waiting: []string{unit1, unit2}, turn: since(unit1, -24*time.Hour), want: fresh(unit2),
		},
		"one of a clock that is ahead by seconds is not": {
			waiting: []string{unit1, unit2}, turn: since(unit1, -10*time.Second), want: since(unit1, -10*time.Second),
		},
		"a requirer is not waited for until a clock's time comes that was ahead": {
			waiting: []string{unit1}, change: mute(-24 * time.Hour), want: fresh(unit1),
		},
		"a late unit keeps it where nobody else waits": {
			waiting: []string{unit1}, turn: since(unit1, 10*time.Minute), want: since(unit1, 10*time.Minute),
		},
		"a unit is not late while it may yet download": {
			waiting: []string{unit1, unit2}, turn: since(unit1, 10*time.Minute),
			change: func(w *World) { w.Config.Plugins.Total = 5 * time.Minute },
			want:   since(unit1, 10*time.Minute),
		},
		"a requirer that has just come is waited for": {waiting: []string{unit1}, change: mute(time.Second), want: Turn{Number: 1}},
		"and not for ever":                    {waiting: []string{unit1}, change: mute(settlePatience), want: fresh(unit1)},
		"a worker that is down is waited for": {waiting: []string{unit1}, change: down(unit2), want: since("", 0)},
		"as long as it is worth":              {waiting: []string{unit1}, turn: since("", time.Minute), change: down(unit2), want: since("", time.Minute)},
		"and no longer":                       {waiting: []string{unit1}, turn: since("", downPatience), change: down(unit2), want: fresh(unit1)},
		"it is up again":                      {waiting: []string{unit1}, turn: since("", time.Minute), want: fresh(unit1)},
		"a unit that has not said anything is not waited for": {
			waiting: []string{unit1}, change: func(w *World) { w.Others[unit2] = Report{} }, want: fresh(unit1),
		},
		"a worker that is down restarts without a turn": {waiting: []string{unit1}, change: down(unit1), want: Turn{Number: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := rolling(t, c.waiting...)
			w.Shared.Turn = c.turn
			w.Shared.Turn.Number = 1
			if c.change != nil {
				c.change(w)
			}
			assert.Equal(t, c.want, w.nextTurn())
			w.Leader = false
			assert.Nil(t, giveTurn(w), "only the leader gives turns")
		})
	}
}

func TestAWorkerRestartsOnlyInItsTurn(t *testing.T) {
	t.Parallel()
	w := rolling(t, unit0, unit1)
	assert.Nil(t, restartWorker(w))
	w.Shared.Turn.Unit = unit1
	assert.Nil(t, restartWorker(w))
	w.Shared.Turn.Unit, w.Shared.Turn.Number = unit0, 1
	assert.Equal(t, RestartWorker{}, restartWorker(w))
	w.tried = reconcile.Tried{}
	w.useTurn()
	assert.Nil(t, restartWorker(w), "a turn is for one restart")
}

func TestTheLeaderUsesItsOwnTurnInALaterHook(t *testing.T) {
	t.Parallel()
	w := rolling(t, unit0)
	step, ok := giveTurn(w).(GiveTurn)
	require.True(t, ok)
	w.Shared.Turn = step.Turn
	assert.Nil(t, restartWorker(w), "the hook that gives the turn may yet fail")
	assert.Nil(t, giveTurn(w))
	w.Shared.Turn.fresh = false
	assert.Equal(t, RestartWorker{}, restartWorker(w))
}

func TestATurnThatIsNotNeededIsGivenBack(t *testing.T) {
	t.Parallel()
	w := rolling(t)
	w.Shared.Turn = since(unit0, time.Second)
	require.Equal(t, 1, w.ownReport().Turned)
	assert.Equal(t, GiveTurn{Turn{Number: 1}}, giveTurn(w))
}

func TestAWorkerThatServesNobodyRestartsAtOnce(t *testing.T) {
	t.Parallel()
	w := settled(t)
	withPeer(w)
	w.Services.Started.Plugins, w.Services.WorkerReady = nil, false
	assert.Equal(t, RestartWorker{}, restartWorker(w))
}

func TestPluginsThatArriveTogetherCostOneRestart(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Clients = append(w.Clients, Client{Key: of8, Want: wants("http://10.0.0.9:8080/b.tar.gz")})
	w.Own.Plugins[of8] = PluginReport{Source: fingerprint(w.Clients[1].Want), Digest: digestB}
	w.Store = append(w.Store, digestB)
	w.Services.Started.Plugins = nil
	require.Equal(t, RestartWorker{}, restartWorker(w))
	assert.Nil(t, restartWorker(w))
}

func TestARestartWaitsForARequirerThatHasJustCome(t *testing.T) {
	t.Parallel()
	for name, lone := range map[string]func(*World){
		"alone":                      func(w *World) { w.Others = nil },
		"with a worker that is down": func(w *World) { w.Services.WorkerReady = false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := rolling(t, unit0)
			lone(w)
			_, missing := schemas.DecodeRequirer(nil)
			w.Clients = append(w.Clients, Client{Key: of8, App: "new", WantErr: missing})
			w.Shared.Clients[of8] = ClientRecord{Since: noon}
			assert.Nil(t, restartWorker(w))
			w.Now = noon.Add(settlePatience)
			assert.Equal(t, RestartWorker{}, restartWorker(w), "a requirer that says nothing holds up nobody for long")
		})
	}
}

func TestTheOldFileOfAChangedPluginStaysUntilTheRestart(t *testing.T) {
	t.Parallel()
	w := rolling(t)
	w.Clients[0].Want = wants("http://10.0.0.9:8080/b.tar.gz")
	w.Own.Plugins[of7] = PluginReport{Source: fingerprint(w.Clients[0].Want), Digest: digestB}
	w.Store = []plugins.Digest{digestA, digestB}
	assert.Nil(t, removePlugins(w), "tasks run with it")
	w.Shared.Turn = since(unit0, 0)
	assert.Equal(t, RemovePlugins{Keep: []plugins.Digest{digestB}}, next(w), "two versions of one class are not for one worker")
}

func TestAWorkerDoesNotBeginWithoutAPluginThatMayHaveTasks(t *testing.T) {
	t.Parallel()
	w := rolling(t)
	w.Services.WorkerRunning, w.Services.WorkerReady = false, false
	assert.True(t, w.canRunWorker())
	w.Store, w.Own.Plugins = nil, nil
	assert.False(t, w.canRunWorker())
	assert.Equal(t, "waiting for the plugin of my-integrator, without which the worker would fail its tasks", status(w).Message)
	record := w.Shared.Clients[of7]
	record.Open = false
	w.Shared.Clients[of7] = record
	assert.True(t, w.canRunWorker(), "there is no connector yet")
	record.Open = true
	w.Shared.Clients[of7] = record
	w.Services.WorkerRunning = true
	assert.True(t, w.canRunWorker(), "one that runs goes on")
}

func TestAnOperatorsRestartReachesEveryWorkerOnce(t *testing.T) {
	t.Parallel()
	w := rolling(t)
	w.Shared.Restart, w.Services.Started.Request = 4, 4
	_, err := askRestart(t.Context(), nil, w)
	require.NoError(t, err)
	assert.Equal(t, 5, w.Own.Asks)
	require.Equal(t, NoteRequest{Number: 5}, noteRequests(w))
	w.Shared.Restart = 5
	assert.Nil(t, noteRequests(w))
	assert.True(t, w.needsRestart())
	w.Services.Started.Request = 5
	assert.False(t, w.needsRestart())

	w.changeReport(unit2, func(r *Report) { r.Asks = 6 })
	assert.Equal(t, NoteRequest{Number: 6}, noteRequests(w), "one that was asked for on another unit")
	w.Leader = false
	assert.Nil(t, noteRequests(w))
	w.PeerRelation = nil
	_, err = askRestart(t.Context(), nil, w)
	assert.Error(t, err, "there is nobody who could hear it")
}

func TestTheStatusSaysWhatARestartWaitsFor(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		waiting []string
		turn    Turn
		change  func(*World)
		want    string
	}{
		"another's turn": {waiting: []string{unit0, unit1}, turn: since(unit1, time.Minute), want: "waiting for its turn to restart the worker, after kafka-connect/1"},
		"a unit that is lost": {
			turn: since(unit1, 12*time.Minute), waiting: []string{unit1},
			want: "waiting for kafka-connect/1 to restart its worker, its turn from 2026-11-22 11:48 UTC: mend or remove that unit",
		},
		"a worker that broke": {
			turn: since(unit1, 12*time.Minute), change: func(w *World) { w.changeReport(unit1, func(r *Report) { r.Ready = false }) },
			want: "waiting for the worker of kafka-connect/1, which has not come up since 2026-11-22 11:48 UTC: the others do not restart before it",
		},
		"a worker that is down": {
			waiting: []string{unit0}, change: func(w *World) { w.changeReport(unit2, func(r *Report) { r.Ready = false }) },
			want: "waiting for the worker of kafka-connect/2 to be up, 5m0s at most, before the next one restarts",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := rolling(t, c.waiting...)
			w.Shared.Turn = c.turn
			if c.change != nil {
				c.change(w)
			}
			assert.Equal(t, hook.Status{Name: hook.Waiting, Message: c.want}, status(w))
		})
	}
}
