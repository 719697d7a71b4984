package worker

import (
	"fmt"
	"strings"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/provider-charm/internal/secretfiles"
)

// protected are the properties that an operator may not set by hand, each with the reason. A name that ends in a dot
// stands for all that begin with it. More than one may fit: the first is told.
var protected = []struct{ name, reason string }{
	{"bootstrap.servers", "it follows from the relation kafka or config bootstrap-servers"},
	{"security.protocol", "it follows from the relation kafka or config kafka-secret"},
	{"sasl.", "it follows from the relation kafka or config kafka-secret"},
	{"ssl.", "it follows from the relation kafka or config kafka-secret"},
	{"group.id", "it is config group-id"},
	{"config.storage.topic", "it is config config-topic"},
	{"offset.storage.topic", "it is config offset-topic"},
	{"status.storage.topic", "it is config status-topic"},
	{"key.converter", "it is config key-converter"},
	{"value.converter", "it is config value-converter"},
	{"exactly.once.source.support", "it is config exactly-once, which takes the workers there in two passes"},
	{"connector.client.config.override.policy", "it is config client-config-override-policy"},
	{"listeners", "clients come in by the gateway: see config rest-port"},
	{"listeners.", "clients come in by the gateway: see config rest-port"},
	{"admin.listeners", "clients come in by the gateway: see config rest-port"},
	{"admin.listeners.", "clients come in by the gateway: see config rest-port"},
	{"rest.", "clients and other workers come in by the gateway"},
	{"host.name", "it is the unit's address"},
	{"port", "it is the worker's own"},
	{"plugin.path", "plugins come by relation"},
	{"plugin.discovery", "the charm sees to it that every plugin has a manifest"},
	{"connect.protocol", "the gateway relies on the requests that workers sign in it"},
	{"inter.worker.", "the gateway relies on the requests that workers sign"},
	{"scheduled.rebalance.max.delay.ms", "rolling restarts rely on it"},
	{"heartbeat.interval.ms", "rolling restarts rely on it"},
	{"fetch.max.wait.ms", "rolling restarts rely on it"},
	{"worker.unsync.backoff.ms", "rolling restarts rely on it"},
	{configProviders + "." + secretfiles.Provider + ".", "that provider is the charm's own, for the secrets that clients bring: choose another name"},
}

// CheckExtra says which of some further properties may not be set, and why.
func CheckExtra(extra map[string]string) error {
	for _, key := range sortedKeys(extra) {
		for _, property := range protected {
			if isProtected(key, property.name) {
				return fmt.Errorf("%s cannot be set: %s", key, property.reason)
			}
		}
	}
	return checkProviders(extra)
}

// isProtected compares without the prefix of the clients that a worker makes for connectors: what is protected for the
// worker is for them too, where it says how to reach Kafka.
func isProtected(key, name string) bool {
	candidates := []string{key}
	for _, prefix := range brokers.Prefixes[1:] {
		if rest, cut := strings.CutPrefix(key, prefix); cut && reachesKafka(rest) {
			candidates = append(candidates, rest)
		}
	}
	for _, candidate := range candidates {
		if candidate == name || strings.HasSuffix(name, ".") && strings.HasPrefix(candidate, name) {
			return true
		}
	}
	return false
}

// reachesKafka says whether a client's property is one that the charm sets for all of a worker's clients.
func reachesKafka(key string) bool {
	return key == "bootstrap.servers" || key == "security.protocol" || strings.HasPrefix(key, "sasl.") || strings.HasPrefix(key, "ssl.")
}
