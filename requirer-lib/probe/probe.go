// Package probe asks the real thing how it is: Kafka, a Schema Registry, Kafka Connect, Confluent Cloud, Confluent Local.
// It takes a spec of package connection, and gives a result of which that package makes a status.
//
//	spec ──► secrets ──► token ──► resolve ──► connect ──► TLS ──► log in ──► be allowed ──► be answered ──► [connection.Result]
//
// The phase in which it went wrong is told, whether it may pass by itself, and whether the credentials were refused. What
// is told shows no secret, also where the other side repeats what it was sent.
//
// A probe changes nothing in what it asks, never asks twice, follows no redirect, verifies TLS always, reads answers up to
// a limit, and ends within [Deadline]: then no connection and no goroutine of it is left. Many may run at once.
//
// It is a module of its own, for it links a client of Kafka's protocol. Being charm authors', it links nothing that binds
// them to a licence.
package probe

import (
	"context"
	"time"

	"connectcharms/requirer-lib/connection"
)

// Deadline is how long one probe takes at the longest. The context may end it earlier.
const Deadline = 10 * time.Second

// Probe asks one system of a spec, which is valid. The result's Generation is for the caller to set, who knows which spec it was.
func Probe(ctx context.Context, part connection.Part, spec connection.Spec, secrets Secrets) connection.Result {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	return ask(ctx, part, spec, secrets)
}

// ask is Probe, for as long as the context lets it.
func ask(ctx context.Context, part connection.Part, spec connection.Spec, secrets Secrets) connection.Result {
	switch {
	case part == connection.PartCCloud && spec.CCloud != nil:
		return askCCloud(ctx, *spec.CCloud, secrets)
	case part == connection.PartLocal && spec.Local != nil:
		return askLocal(ctx, *spec.Local)
	case part == connection.PartKafkaCluster && spec.KafkaCluster != nil:
		return askKafkaCluster(ctx, *spec.KafkaCluster, secrets)
	case part == connection.PartSchemaRegistry && spec.SchemaRegistry != nil:
		return askSchemaRegistry(ctx, *spec.SchemaRegistry, secrets)
	case part == connection.PartKafkaConnect && spec.KafkaConnect != nil:
		return askKafkaConnect(ctx, *spec.KafkaConnect, secrets)
	}
	asked := &asked{part: part}
	asked.failed("", &failure{phase: connection.PhaseRequest, text: "the connection has no " + string(part)})
	return asked.result()
}
