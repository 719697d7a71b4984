package connectclient

import (
	"encoding/json"
	"slices"

	"connectcharms/requirer-lib/connection"
)

// Kafka is how the provider's connection to its own Kafka is, as it last found it; false where it does not say, as the peers do
// not. It may be known before the connection is ready, and say why it is not.
func (c *Connection) Kafka() (status connection.PartStatus, told bool) {
	var all connection.Status
	if err := json.Unmarshal([]byte(c.connections), &all); err != nil || all.KafkaCluster == nil {
		return status, false
	}
	status = *all.KafkaCluster
	return status, slices.Contains(connection.States, status.State)
}
