package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/identity"
)

// A gateway that restarts refuses connections for a moment, and on all units at about the same time.
func TestTheGatewayIsRestartedForWhatIsItsOwnAlone(t *testing.T) {
	t.Parallel()
	another, err := identity.Generate("kafka-connect", noon)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		change   func(*World)
		restarts bool
	}{
		"a setting of the worker": {func(w *World) { w.Config.HeapMiB++ }, false},
		"another Kafka":           {func(w *World) { w.Kafka.Access.Servers = []string{"10.0.0.9:9092"} }, false},
		"no Kafka any more":       {func(w *World) { w.Kafka = Kafka{} }, false},
		"an agent for JMX":        {func(w *World) { w.Watch.JMX.Option = "-javaagent:x" }, false},
		"another program":         {func(w *World) { w.Runtime.Build = "2" }, true},
		"another program, while it does not answer": {func(w *World) {
			w.Runtime.Build, w.Services.GatewayUp = "2", false
		}, true},
		"another program, while it is down": {func(w *World) {
			w.Runtime.Build, w.Services.GatewayRunning, w.Services.GatewayUp = "2", false, false
		}, false},
		"another port": {func(w *World) { w.Config.Port = 9000 }, true},
		"another identity": {func(w *World) {
			w.Identity.Held, w.Shared.Identity.Fingerprint = another, another.Fingerprint()
		}, true},
	} {
		w := settled(t)
		test.change(w)
		step, is := runServices(w).(RunServices)
		require.True(t, is, name)
		assert.Equal(t, test.restarts, step.RestartGateway, name)
		w.Services.Written, w.Services.GatewayRunning, w.Services.GatewayUp = step.Fingerprint, true, true
		assert.Nil(t, runServices(w), name)
	}
}
