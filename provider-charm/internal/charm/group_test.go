package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

func TestTheGroupIsReadFromItsOptions(t *testing.T) {
	event := hook.Event{Unit: "kafka-connect/0", ModelUUID: modelUUID}
	group := readConfig(options(nil), event).Group
	assert.Equal(t, worker.TopicsOf("kafka-connect-59060ecc"), group.Topics)
	assert.Equal(t, "All", group.OverridePolicy)
	assert.False(t, group.ExactlyOnce)
	group = readConfig(options(hook.Config{
		"group-id": "g", "offset-topic": "mine", "exactly-once": true, "value-converter": "org.example.My$Converter",
		"worker-properties": "# more\nproducer.acks = all\nvalue.converter.schemas.enable=false\n",
	}), event).Group
	assert.Equal(t, worker.Topics{Config: "g-configs", Offset: "mine", Status: "g-status"}, group.Topics)
	assert.True(t, group.ExactlyOnce)
	assert.Equal(t, "org.example.My$Converter", group.Converters.Value)
	assert.Equal(t, map[string]string{"producer.acks": "all", "value.converter.schemas.enable": "false"}, group.Extra)
}

func TestPropertiesThatAreTheCharmsAreRefusedWithTheReason(t *testing.T) {
	for text, want := range map[string]string{
		"group.id=x":                 "config worker-properties: group.id cannot be set: it is config group-id",
		"producer.sasl.mechanism=x":  "config worker-properties: producer.sasl.mechanism cannot be set: it follows from the relation kafka or config kafka-secret",
		"listeners=http://:1":        "config worker-properties: listeners cannot be set: clients come in by the gateway: see config rest-port",
		"a=1\na=2":                   "config worker-properties: line 2: a is there twice",
		"rest.extension.classes = x": "config worker-properties: rest.extension.classes cannot be set: clients and other workers come in by the gateway",
	} {
		assert.Equal(t, want, readConfig(options(hook.Config{"worker-properties": text}), hook.Event{Unit: "k/0"}).Problem)
	}
}

// TestExactlyOnceTakesTwoPasses follows two units there and back: never do one that is enabled and one that is disabled run
// side by side.
func TestExactlyOnceTakesTwoPasses(t *testing.T) {
	w := settled(t)
	peer := withPeer(w)
	pass := func() worker.ExactlyOnce {
		step, is := passExactlyOnce(w).(PassExactlyOnce)
		if !is {
			return ""
		}
		w.Shared.ExactlyOnce = step.Pass
		return step.Pass
	}
	first := func(mode worker.ExactlyOnce) { w.Own.ExactlyOnce = mode }
	second := func(mode worker.ExactlyOnce) { peer.ExactlyOnce = mode; w.Others["kafka-connect/1"] = *peer }

	first(worker.AtLeastOnce)
	second(worker.AtLeastOnce)
	assert.Empty(t, pass(), "it is off, and was")
	w.Config.Group.ExactlyOnce = true
	assert.Equal(t, worker.ExactlyOnceSoon, w.exactlyOnce(), "before the leader has said anything")
	assert.Equal(t, worker.ExactlyOnceSoon, pass())
	first(worker.ExactlyOnceSoon)
	assert.Empty(t, pass(), "the other is not there yet")
	second(worker.ExactlyOnceSoon)
	assert.Equal(t, worker.ExactlyOnceSource, pass())
	first(worker.ExactlyOnceSource)
	assert.Empty(t, pass())
	second(worker.ExactlyOnceSource)
	w.Config.Group.ExactlyOnce = false
	assert.Equal(t, worker.ExactlyOnceSoon, pass(), "and back")
	first(worker.ExactlyOnceSoon)
	assert.Empty(t, pass())
	second(worker.ExactlyOnceSoon)
	assert.Equal(t, worker.AtLeastOnce, pass())
	first(worker.AtLeastOnce)
	second(worker.AtLeastOnce)
	assert.Empty(t, pass())
}

func TestWorkersOfOthersInTheGroupAreNamed(t *testing.T) {
	w := settled(t)
	withPeer(w)
	w.Strangers = w.strangers([]string{"http://10.0.0.5:8083/", "https://10.0.0.6:8085/", "http://10.9.9.9:8083/"})
	assert.Equal(t, hook.Status{Name: hook.Waiting, Message: "waiting for other workers to leave the Connect group " +
		w.Config.Group.Name + " (http://10.9.9.9:8083/): if another application has them, set config group-id"}, status(w))
}
