package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/hook"
)

// options is what config-get gives with nothing set but the servers.
func options(changes hook.Config) hook.Config {
	all := hook.Config{
		"bootstrap-servers": "10.0.0.1:9092", "rest-port": float64(8083), "worker-heap": float64(512),
		"topic-replication-factor": float64(-1), "plugin-size-limit": float64(1024), "plugin-download-timeout": float64(120),
		"credentials-overlap": float64(60), "client-rate-limit": float64(0), "request-body-limit": float64(1024),
	}
	for name, value := range changes {
		all[name] = value
	}
	return all
}

func TestConfigIsRead(t *testing.T) {
	event := hook.Event{Unit: "kafka-connect/0", ModelUUID: modelUUID}
	config := readConfig(options(hook.Config{"bootstrap-servers": " a:1, b:2 ,,[fd00::1]:3"}), event)
	assert.Empty(t, config.Problem)
	assert.Equal(t, []string{"a:1", "b:2", "[fd00::1]:3"}, config.BootstrapServers)
	assert.Equal(t, "kafka-connect-59060ecc", config.Group.Name, "two models on one Kafka do not share a group by chance")
	assert.Equal(t, "mine", readConfig(options(hook.Config{"group-id": "mine"}), event).Group.Name)
	assert.EqualValues(t, 1<<30, config.Plugins.Download)
}

func TestImpossibleConfigIsNamed(t *testing.T) {
	for name, value := range map[string]any{
		"rest-port": float64(0), "worker-heap": float64(-5), "plugin-size-limit": float64(0),
		"plugin-download-timeout": float64(1e6), "topic-replication-factor": float64(0), "bootstrap-servers": "x:1\nplugin.path=/etc:2",
		"group-id": "a b", "config-topic": "a/b", "status-topic": "..", "key-converter": "x y", "value-converter": ".x",
		"client-config-override-policy": "Some", "worker-properties": "rest.port=1", "log-level": "LOUD", "kafka-client-version": "v2",
		"credentials-rotation": "sometimes", "credentials-overlap": float64(-1),
		"client-rate-limit": float64(-1), "request-body-limit": float64(1),
	} {
		assert.Contains(t, readConfig(options(hook.Config{name: value}), hook.Event{}).Problem, "config "+name)
	}
	assert.Contains(t, readConfig(options(hook.Config{"rest-port": float64(8084)}), hook.Event{}).Problem, "the worker's own port")
	for _, servers := range []string{"host", "host:", ":9092", "host:0", "host:99999", "a b:1", "host:port"} {
		assert.Contains(t, readConfig(options(hook.Config{"bootstrap-servers": servers}), hook.Event{}).Problem, "is not host:port", servers)
	}
}
