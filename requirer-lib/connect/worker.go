package connect

import (
	"context"
	"net/http"
)

// ServerInfo is what a worker says of itself.
type ServerInfo struct {
	Version        string `json:"version"`
	Commit         string `json:"commit"`
	KafkaClusterID string `json:"kafka_cluster_id"`
}

// Health is how a worker feels.
type Health struct {
	Status  HealthStatus `json:"status"`
	Message string       `json:"message"`
}

// HealthStatus is the word of it.
type HealthStatus string

// Health of a worker: ready; not in the group yet; or not able to do its work.
const (
	Healthy   HealthStatus = "healthy"
	Starting  HealthStatus = "starting"
	Unhealthy HealthStatus = "unhealthy"
)

// ServerInfo asks a worker for its version and the ID of its Kafka cluster.
func (c *Client) ServerInfo(ctx context.Context) (ServerInfo, error) {
	var info ServerInfo
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/", out: &info})
	return info, err
}

// Health asks the first worker that answers; for a certain one, make a client
// with that endpoint alone. Kafka Connect 3.9 and later.
func (c *Client) Health(ctx context.Context) (Health, error) {
	var health Health
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/health", out: &health, judge: judgeHealth})
	return health, err
}
