package connect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/secret"
)

// A connector is created unless it is there, and awaited.
func Example() {
	worker := pretend(map[string][]string{
		"POST /connectors": {`{"name":"lines","type":"source","config":{"name":"lines"},"tasks":[]}`},
		"GET /connectors/lines/status": {
			`{"name":"lines","connector":{"state":"UNASSIGNED"},"tasks":[]}`,
			`{"name":"lines","connector":{"state":"RUNNING"},"tasks":[{"id":0,"state":"RUNNING"}]}`,
		},
	})
	defer worker.Close()

	client, err := connect.New(connect.Config{
		Endpoints: []string{worker.URL}, Username: "relation-7", Password: secret.New("read from a Juju secret"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	_, err = client.Create(ctx, "lines", map[string]string{
		"connector.class": "FileStreamSource", "tasks.max": "1", "file": "/srv/lines.txt", "topic": "lines",
	}, connect.InitialRunning)
	if err != nil && !errors.Is(err, connect.ErrAlreadyExists) {
		fmt.Println(err)
		return
	}
	status, err := client.AwaitStatus(ctx, "lines", func(s connect.Status) bool { return s.AllRunning() || s.AnyFailed() })
	fmt.Println(status.Connector.State, len(status.Tasks), err)
	// Output: RUNNING 1 <nil>
}

// A client in a charm: https endpoints are verified by the provider's CA.
func ExampleNew() {
	_, err := connect.New(connect.Config{
		Endpoints: []string{"https://10.0.0.1:8083", "https://10.0.0.2:8083"},
		Username:  "relation-7",
		Password:  secret.New("read from a Juju secret"),
		CA:        []byte("no PEM"),
		Patience:  20 * time.Second, // a hook should not last longer
	})
	fmt.Println(err)
	// Output: reading the CA chain for Kafka Connect: no certificate in it, want PEM
}

// What has failed is started again, and nothing else.
func ExampleClient_Restart() {
	worker := pretend(map[string][]string{
		"GET /connectors": {`{"lines":{"info":{"name":"lines","config":{"db.password":"hunter2"}},"status":{"name":"lines",
			"connector":{"state":"RUNNING"},"tasks":[{"id":0,"state":"RUNNING"},{"id":1,"state":"FAILED","trace":"login with hunter2 failed\n\tat …"}]}}}`},
		"POST /connectors/lines/restart": {`{"name":"lines","connector":{"state":"RUNNING"},"tasks":[{"id":1,"state":"RESTARTING"}]}`},
	})
	defer worker.Close()
	client, ctx := clientFor(worker), context.Background()

	listed, err := client.ListConnectors(ctx) // one request, for any number of connectors
	if err != nil {
		fmt.Println(err)
		return
	}
	for name, connector := range listed {
		if !connector.Status.AnyFailed() {
			continue
		}
		fmt.Println(connect.Redact(connector.Status.Tasks[1].Trace, connector.Info.Config))
		plan, err := client.Restart(ctx, name, connect.RestartOptions{IncludeTasks: true, OnlyFailed: true})
		fmt.Println(plan.Tasks[0].ID, plan.Tasks[0].State, err)
	}
	// Output:
	// login with *** failed
	// 	at …
	// 1 RESTARTING <nil>
}

// A sink is set back to the beginning of a partition: stopped, altered, resumed.
func ExampleClient_AlterOffsets() {
	worker := pretend(map[string][]string{
		"PUT /connectors/files/stop":      {``},
		"PATCH /connectors/files/offsets": {`{"message":"The offsets for this connector have been altered successfully"}`},
		"PUT /connectors/files/resume":    {``},
		"GET /connectors/files/offsets":   {`{"offsets":[{"partition":{"kafka_topic":"lines","kafka_partition":0},"offset":{"kafka_offset":0}}]}`},
	})
	defer worker.Close()
	client, ctx := clientFor(worker), context.Background()

	if err := client.Stop(ctx, "files"); err != nil {
		fmt.Println(err)
		return
	}
	said, err := client.AlterOffsets(ctx, "files", []connect.Offset{connect.SinkOffset("lines", 0, 0)})
	fmt.Println(said, err)
	fmt.Println(client.Resume(ctx, "files"))
	offsets, err := client.Offsets(ctx, "files")
	fmt.Println(offsets, err)
	// Output:
	// The offsets for this connector have been altered successfully <nil>
	// <nil>
	// [{map[kafka_partition:0 kafka_topic:lines] map[kafka_offset:0]}] <nil>
}

// Many connectors are deleted eight at a time. One that is gone already is as good.
func ExampleEach() {
	worker := pretend(map[string][]string{"DELETE /connectors/a": {``}, "DELETE /connectors/b": {``}})
	defer worker.Close()
	client := clientFor(worker)

	failures := connect.Each(context.Background(), connect.AtOnce, []string{"a", "b", "c", "d/e"}, func(ctx context.Context, name string) error {
		err := client.Delete(ctx, name)
		if errors.Is(err, connect.ErrNotFound) {
			return nil
		}
		return err
	})
	fmt.Println(failures.Err())
	// Output: connector d/e: connector name "d/e": want letters, digits, dots, dashes, underscores
}

// pretend answers each request with the next of its answers, and with the last
// one from then on, as a worker would.
func pretend(answers map[string][]string) *httptest.Server {
	next := map[string]int{}
	return httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		asked := in.Method + " " + in.URL.Path
		given := answers[asked]
		switch {
		case len(given) == 0:
			out.WriteHeader(http.StatusNotFound)
		case given[0] == "":
			out.WriteHeader(http.StatusNoContent)
		default:
			fmt.Fprint(out, given[min(next[asked], len(given)-1)])
			next[asked]++
		}
	}))
}

func clientFor(worker *httptest.Server) *connect.Client {
	client, err := connect.New(connect.Config{Endpoints: []string{worker.URL}})
	if err != nil {
		panic(err) // the URL is the server's own
	}
	return client
}
