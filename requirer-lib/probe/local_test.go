package probe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/connection"
)

// Confluent Local is a broker, and maybe a Schema Registry: both are asked, and what is wrong with either is told.
func TestConfluentLocal(t *testing.T) {
	t.Parallel()
	broker := listen(t, new(fakeBroker).serve)
	registry := listen(t, saying("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]"))
	dead := listen(t, closing)
	local := func(broker, registry string) connection.Spec {
		return connection.Spec{Local: &connection.LocalConfig{BootstrapServers: broker, SchemaRegistryURI: registry}}
	}
	for _, is := range []struct {
		spec connection.Spec
		says string
	}{
		{local(broker.address, ""), ""},
		{local(broker.address, "http://"+registry.address), ""},
		{local(broker.address, "http://"+dead.address), dead.address + ": it closed the connection"},
		{local(dead.address, "http://"+registry.address), dead.address + ": it closed the connection at the first request: it may expect TLS, or not be Kafka"},
		{local(dead.address, "http://"+dead.address), "; " + dead.address},
		{local(dead.address, ""), dead.address + ": it closed the connection"},
	} {
		result := ask(t, t.Context(), connection.PartLocal, is.spec, nil)
		assert.Equal(t, is.says == "", result.OK, "%v", result.Errors)
		assert.Contains(t, result.Errors[connection.PhaseRequest].Message, is.says)
	}
	result := ask(t, t.Context(), connection.PartLocal, local(broker.address, "https://"+registry.address), nil)
	assert.Equal(t, connection.Errors{connection.PhaseTLS: {Message: registry.address + ": it does not speak TLS"}}, result.Errors)
}

func TestPartThatTheSpecDoesNotHave(t *testing.T) {
	t.Parallel()
	for _, part := range []connection.Part{
		connection.PartCCloud, connection.PartLocal, connection.PartKafkaCluster, connection.PartSchemaRegistry, connection.PartKafkaConnect, "another",
	} {
		result := ask(t, t.Context(), part, connection.Spec{}, nil)
		assert.Contains(t, result.Errors[connection.PhaseRequest].Message, "the connection has no "+string(part))
	}
}
