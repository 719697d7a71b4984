package charm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/hook"
)

// KafkaRecord is how the connection to Kafka is, as the leader last found it: what requirers are told.
type KafkaRecord struct {
	Of     string                `json:"of,omitempty"` // stands for the access that it is about
	Status connection.PartStatus `json:"status"`
}

// Attempt is one to get into Kafka.
type Attempt struct {
	Made bool
	Err  error // why it did not get in, or what else the brokers had to say
}

// lastAttempt is what is known of this hook. That the brokers were asked for the group counts more than that the worker is in
// it: a worker goes on for as long as its sessions last with a password that is accepted no longer.
func (w *World) lastAttempt() Attempt {
	if w.Kafka.Asking.Made {
		return w.Kafka.Asking
	}
	return w.Kafka.Reaching
}

// noteKafka keeps how the connection to Kafka is, so that the time of its last change outlives the leader.
func noteKafka(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	was := KafkaRecord{}
	if w.Shared.Kafka != nil {
		was = *w.Shared.Kafka
	}
	now := w.kafkaRecord(was)
	if now.Of == was.Of && now.Status.Says(was.Status) {
		return nil
	}
	return NoteKafka{Record: now}
}

// NoteKafka keeps how the connection to Kafka is.
type NoteKafka struct{ Record KafkaRecord }

func (s NoteKafka) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) { shared.Kafka = &s.Record })
}

// kafkaRecord is what it should be. While a worker goes on with a Kafka that is not clear for a moment, so does what is said.
func (w *World) kafkaRecord(was KafkaRecord) KafkaRecord {
	switch {
	case w.Kafka.isUnclear() && w.Services.WorkerReady && was.Of != "":
		return was
	case !w.Kafka.Named || w.Kafka.Waiting != "":
		return KafkaRecord{Status: was.to(connection.None, w.second())}
	case w.Kafka.Problem != "":
		return was.after(was.Of, connection.Result{Errors: connection.Errors{connection.PhaseSecrets: {Message: w.Kafka.Problem}}}, w.second())
	}
	of := w.Kafka.Access.Name()
	if attempt := w.lastAttempt(); attempt.Made {
		return was.after(of, brokers.Outcome(attempt.Err), w.second())
	}
	return was.begin(of, w.second())
}

func (r KafkaRecord) to(state connection.State, now time.Time) connection.PartStatus {
	status := connection.PartStatus{State: state, LastTransitionTime: r.Status.LastTransitionTime, ObservedGeneration: r.Status.ObservedGeneration}
	if r.Status.State != state {
		status.LastTransitionTime = now
	}
	return status
}

// begin is the record when attempts with an access begin, or go on.
func (r KafkaRecord) begin(of string, now time.Time) KafkaRecord {
	generation := r.Status.ObservedGeneration
	if r.Of != of {
		generation++
	}
	whole := connection.Status{}
	if r.Status.State != "" {
		whole.KafkaCluster = &r.Status
	}
	spec := connection.Spec{Type: connection.Direct, KafkaCluster: &connection.KafkaClusterConfig{}}
	return KafkaRecord{Of: of, Status: *whole.Begin(spec, generation, now).KafkaCluster}
}

// after is the record after an attempt. Of the times of success, the first counts: the last would be another in every hook.
func (r KafkaRecord) after(of string, result connection.Result, now time.Time) KafkaRecord {
	begun := r.begin(of, now)
	result.Part, result.Generation = connection.PartKafkaCluster, begun.Status.ObservedGeneration
	whole := connection.Status{KafkaCluster: &begun.Status}.After(result, now)
	status := *whole.KafkaCluster
	status.LastAttemptTime = time.Time{}
	if !begun.Status.LastSuccessTime.IsZero() {
		status.LastSuccessTime = begun.Status.LastSuccessTime
	}
	return KafkaRecord{Of: of, Status: status}
}

// connections is what requirers are told of this application's connections, in JSON; empty while nothing is known.
func (w *World) connections() string {
	if w.Shared.Kafka == nil {
		return ""
	}
	told := w.Shared.Kafka.Status
	told.LastSuccessTime = time.Time{}
	document, err := json.Marshal(connection.Status{KafkaCluster: &told})
	if err != nil {
		panic(err) // it is texts and times
	}
	return string(document)
}

// expiredStatus is of a password that Kafka accepts no longer, while the worker goes on.
func (w *World) expiredStatus() (hook.Status, bool) {
	if refused, is := errors.AsType[*brokers.RefusedError](w.lastAttempt().Err); is {
		return blocked("%s; the worker goes on while its sessions last", refused)
	}
	return hook.Status{}, false
}

// showConnections says how the connection to Kafka is, as the leader last found it.
func showConnections(_ context.Context, _ *unit, w *World) (map[string]string, error) {
	if w.Shared.Kafka == nil {
		return nil, refuse("nothing is known of Kafka yet: run it again after the next hook of the leader")
	}
	status := w.Shared.Kafka.Status
	results := map[string]string{
		"kafka":       string(status.State),
		"kafka-since": status.LastTransitionTime.UTC().Format(time.RFC3339),
	}
	if servers := w.Kafka.Access.Servers; len(servers) > 0 {
		results["kafka-servers"] = strings.Join(servers, ",")
	}
	for _, phase := range slices.Sorted(maps.Keys(status.Errors)) {
		one := status.Errors[phase]
		lasts := "somebody has to do something"
		if one.IsTransient {
			lasts = "it may pass"
		}
		results["kafka-error-"+string(phase)] = fmt.Sprintf("%s (%s)", one.Message, lasts)
	}
	return results, nil
}
