package probe

import (
	"context"
	"net/http"

	"connectcharms/requirer-lib/connection"
)

// askKafkaConnect asks the workers of a Kafka Connect for what they are, all at once, as the one who the spec says. It is
// reached when one of them answers.
func askKafkaConnect(ctx context.Context, config connection.KafkaConnectConfig, secrets Secrets) connection.Result {
	asked := &asked{part: connection.PartKafkaConnect, vault: vault{from: secrets}}
	verify, failed := asked.vault.tlsConfig(config.TLS)
	if failed != nil {
		return asked.endedBy(failed)
	}
	var who http.Header
	if config.Password != nil {
		password, failed := asked.vault.take("the password", config.Password)
		if failed != nil {
			return asked.endedBy(failed)
		}
		who = asked.vault.basic(config.Username, password.Reveal())
		asked.user = connection.User{Username: config.Username}
	}
	asked.anyOf(ctx, config.Endpoints, func(ctx context.Context, endpoint string) (string, *failure) {
		worker := newREST(endpoint, verify, who)
		defer worker.close()
		return hostOf(endpoint), asked.worker(ctx, worker)
	})
	return asked.result()
}

// worker asks one for its version, and the id of its Kafka cluster.
func (a *asked) worker(ctx context.Context, worker *rest) *failure {
	var says struct {
		Version string `json:"version"`
		Cluster string `json:"kafka_cluster_id"`
	}
	if failed := worker.get(ctx, "/", decode(&says)); failed != nil {
		return failed
	}
	if says.Version == "" {
		return &failure{phase: connection.PhaseRequest, text: "it does not answer as Kafka Connect does"}
	}
	a.learned("version", says.Version)
	a.learned("kafka_cluster_id", says.Cluster)
	return nil
}
