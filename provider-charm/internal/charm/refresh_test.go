package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

func TestARefreshWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for reason, change := range map[string]func(*World){
		"config x": func(w *World) { w.Config.Problem = "config x is wrong" },
		"kafka-connect/0 is not ready: no broker":   func(w *World) { w.Own.Ready, w.Own.Trouble = false, "no broker" },
		"kafka-connect/0 waits for its restart":     func(w *World) { w.Own.NeedsRestart = true },
		"gateway of kafka-connect/0 does not know":  func(w *World) { w.Own.Accounts = "of before" },
		"my-integrator: waiting for the requirer":   func(w *World) { w.Clients[0].WantErr = assert.AnError },
		"the password of operator is being changed": func(w *World) { w.Shared.Operator.Rotation = &Rotation{Secret: secretOfNext} },
	} {
		w := settled(t)
		change(w)
		_, err := preRefreshCheck(t.Context(), nil, w)
		assert.ErrorContains(t, err, reason)
	}
	results, err := preRefreshCheck(t.Context(), nil, settled(t))
	require.NoError(t, err)
	assert.Equal(t, "ready to refresh: all is settled on 1 units", results["result"])
}

func TestARequirerIsToldOfAWorkerInTrouble(t *testing.T) {
	t.Parallel()
	w := settled(t)
	peer := withPeer(w)
	peer.Ready, peer.Trouble = false, "no Kafka broker answers at 10.0.0.1:9092"
	w.Others["kafka-connect/1"] = *peer
	step, is := publish(w).(Publish)
	require.True(t, is)
	assert.Equal(t, hook.RelationID(7), step.ID)
	told := w.Relations[0].Changes(step.Offer)
	assert.Contains(t, told["status"], `"code":4000,"message":"the worker of kafka-connect/1: no Kafka broker answers at 10.0.0.1:9092"`)
	assert.Len(t, told, 1, "it keeps what it has")
}
