package worker

import (
	"maps"
	"slices"
	"strconv"
)

// Topics are where a Connect group keeps what it knows. Groups that share one share their connectors.
type Topics struct{ Config, Offset, Status string }

// TopicsOf are those of a group that has no names of its own for them.
func TopicsOf(group string) Topics {
	return Topics{Config: group + "-configs", Offset: group + "-offsets", Status: group + "-status"}
}

// ExactlyOnce is a value of exactly.once.source.support. Workers that prepare get along with both others; these two do
// not get along with each other.
type ExactlyOnce string

// How far the workers are with exactly-once delivery from sources.
const (
	AtLeastOnce       ExactlyOnce = "disabled"
	ExactlyOnceSoon   ExactlyOnce = "preparing"
	ExactlyOnceSource ExactlyOnce = "enabled"
)

// Converters are classes that make bytes of records' keys and values, where a connector names none.
type Converters struct{ Key, Value string }

// groupProperties are what the workers of a group have to have in common.
func (s Settings) groupProperties() map[string]string {
	return map[string]string{
		"group.id":                                s.Group,
		"config.storage.topic":                    s.Topics.Config,
		"offset.storage.topic":                    s.Topics.Offset,
		"status.storage.topic":                    s.Topics.Status,
		"exactly.once.source.support":             string(s.ExactlyOnce),
		"key.converter":                           s.Converters.Key,
		"value.converter":                         s.Converters.Value,
		"connector.client.config.override.policy": s.OverridePolicy,
	}
}

// openProperties are what an operator may set otherwise.
func (s Settings) openProperties() map[string]string {
	factor := strconv.Itoa(s.ReplicationFactor)
	return map[string]string{
		"config.storage.replication.factor": factor,
		"offset.storage.replication.factor": factor,
		"status.storage.replication.factor": factor,
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
