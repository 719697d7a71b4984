package control_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/secret"
)

// A connector, or what stands beside one, says that its token has changed.
func ExampleMarshal() {
	text, err := control.Marshal(control.Message{
		Type:      control.ConnectorConfig,
		EmittedAt: time.UnixMilli(1665532800000), // time.Now()
		Config:    control.Update{Set: map[string]secret.Value{"refresh.token": secret.New("hunter2")}, Remove: []string{"first.token"}},
	})
	fmt.Println(string(text), err)
	// Output:
	// {"control":{"connectorConfig":{"config":{"first.token":null,"refresh.token":"hunter2"}},"emitted_at":1665532800000,"type":"CONNECTOR_CONFIG"},"type":"CONTROL"} <nil>
}

// Of what a connector writes, the control messages are taken, and the rest goes on.
func ExampleStream() {
	output := strings.NewReader(`{"type":"RECORD","record":{"stream":"orders","data":{"id":1}}}
{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1665532800000,"connectorConfig":{"config":{"token":"hunter2"}}}}
{"type":"STATE","state":{}}
`)
	for line, err := range control.Stream(output, os.Stdout) {
		fmt.Println("line", line.Number, "changes", line.Message.Config.Keys(), err)
	}
	// Output:
	// {"type":"RECORD","record":{"stream":"orders","data":{"id":1}}}
	// line 2 changes [token] <nil>
	// {"type":"STATE","state":{}}
}
