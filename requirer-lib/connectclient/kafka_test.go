package connectclient_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connection"
)

func TestAProviderMaySayHowItsKafkaIs(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]connection.PartStatus{
		"":                               {},
		"SUCCESS":                        {},
		`{"kafka_cluster":"SUCCESS"}`:    {},
		`{"kafka_cluster":{"state":7}}`:  {},
		`{"kafka_cluster":{"state":""}}`: {},
		`{"kafka_cluster":{"state":"FINE","last_transition_time":"2026-11-23T08:00:00Z"}}`:      {},
		`{"kafka_cluster":{"state":"SUCCESS","last_transition_time":"yesterday"}}`:              {},
		`{"schema_registry":{"state":"SUCCESS","last_transition_time":"2026-11-23T08:00:00Z"}}`: {},
		`{"kafka_cluster":{"state":"SUCCESS","last_transition_time":"2026-11-23T08:00:00Z"}}`:   {State: connection.Success, LastTransitionTime: since},
		`{"kafka_cluster":{"state":"FAILED","last_transition_time":"2026-11-23T08:00:00Z","errors":{"tls":{"message":"m"}}}}`: {
			State: connection.Failed, LastTransitionTime: since, Errors: connection.Errors{connection.PhaseTLS: {Message: "m"}},
		},
	} {
		tools := ready()
		tools.provider[7]["connections"] = text
		connections, err := connectclient.New(tools.hook(t, "update-status"), connectclient.Options{}).Connections(t.Context())
		require.NoError(t, err)
		require.NoError(t, connections[0].Ready(t.Context()), "what it says is no fault of the connection: %s", text)
		status, told := connections[0].Kafka()
		assert.Equal(t, want.State != "", told, text)
		if told {
			assert.Equal(t, want, status)
		}
	}
}
