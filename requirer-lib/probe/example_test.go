package probe_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/probe"
	"connectcharms/requirer-lib/state"
)

// A charm keeps how its connection is: what is asked makes of one status the next.
func ExampleProbe() {
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"version":"4.3.1","commit":"0","kafka_cluster_id":"abc"}`)
	}))
	spec := connection.Spec{ID: "connect", Type: connection.Direct, KafkaConnect: &connection.KafkaConnectConfig{Endpoints: []string{worker.URL}}}
	secrets := state.Local{Dir: "/etc/secrets"} // {"secret": "connect", "key": "password"} is a file there
	status := connection.New(spec, 1, time.Now()).Begin(spec, 1, time.Now())
	ask := func() {
		result := probe.Probe(context.Background(), connection.PartKafkaConnect, spec, secrets)
		result.Generation = 1
		status = status.After(result, time.Now())
		fmt.Println(status.KafkaConnect.State, status.KafkaConnect.Details["version"])
	}
	ask()
	worker.Close()
	ask()
	// Output:
	// SUCCESS 4.3.1
	// FAILED 4.3.1
}
