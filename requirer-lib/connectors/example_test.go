package connectors_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/hook"
)

// A whole charm: Juju's dispatch runs it in every hook. It drives one connector in each of its relations.
func ExampleReconcile() {
	h, err := hook.FromEnvironment()
	if err == nil {
		err = dispatch(context.Background(), h)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func dispatch(ctx context.Context, h *hook.Hook) error {
	client := connectclient.New(h, connectclient.Options{})
	if err := client.Request(ctx, connectclient.NotRequired()); err != nil {
		return err
	}
	connections, err := client.Connections(ctx)
	if err != nil {
		return err
	}
	desired := connectors.Desired{"lines": {Config: map[string]string{
		"connector.class": fileSource, "file": "/tmp/lines.txt", "topic": "lines",
	}}}
	var reports []connectors.Report
	for _, connection := range connections {
		report, err := connectors.Reconcile(ctx, connection, desired, connectors.Options{})
		if err != nil {
			return err
		}
		reports = append(reports, report)
	}
	return h.StatusSet(ctx, connectors.Status(reports...))
}

// Connectors that are no charm's, named by a rule of one's own, and what each call did.
func ExampleOwned() {
	server := connecttest.NewServer() // in place of a real one
	defer server.Close()
	client, err := connect.New(connect.Config{Endpoints: []string{server.URL()}})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	owned := connectors.Owned{Client: client, Names: marked{}}

	lines := map[string]string{"connector.class": fileSource, "file": "/tmp/lines.txt", "topic": "lines"}
	for _, desired := range []connectors.Desired{
		{"lines": {Config: lines}},
		{"lines": {Config: lines, State: connect.Paused}},
		{"lines": {Config: lines, State: connect.Paused}},
		{},
	} {
		report, err := owned.Reconcile(context.Background(), desired, connectors.Options{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(report.Connectors[0].Done, report.Status().Message)
	}
	// Output:
	// [create] 1 connector, 1 task running
	// [pause] 1 connector paused
	// [] 1 connector paused
	// [delete] no connectors configured
}

// A plan is looked at, saved, and later applied exactly, by an owner that is told by a mark.
func ExampleOwned_Apply() {
	server := connecttest.NewServer() // in place of a real one
	defer server.Close()
	client, err := connect.New(connect.Config{Endpoints: []string{server.URL()}})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, owned := context.Background(), connectors.Owned{Client: client, Mark: "payments"}
	desired := connectors.Desired{"lines": {State: connect.Stopped, Secret: []string{"file"}, Config: map[string]string{
		"connector.class": fileSource, "file": "/tmp/lines.txt", "topic": "lines",
	}}}

	plan, err := owned.Plan(ctx, desired, connectors.Options{})
	if err != nil {
		log.Fatal(err)
	}
	document, _ := json.Marshal(plan.Changes[0].Keys)
	fmt.Println(plan.Changes[0].Actions, string(document))
	for range 2 {
		report, err := owned.Apply(ctx, desired, plan, connectors.Options{Wait: -1})
		fmt.Println(report.Summary().Added, err)
	}
	// Output:
	// [create] [{"key":"connector.class","new":"org.apache.kafka.connect.file.FileStreamSourceConnector"},{"key":"file","secret":true},{"key":"topic","new":"lines"}]
	// [lines] <nil>
	// [] the plan is out of date: plan again (connector lines: planned create connector.class file topic, now nothing)
}
