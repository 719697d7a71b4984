package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/bench/report"
)

// ErrNoLeader says that no worker led the group when it was asked for.
var ErrNoLeader = errors.New("no worker leads the group")

// client is one way to look after connectors.
type client struct {
	name   string
	create func(ctx context.Context, names []string) error
	states func(ctx context.Context) error // of all
	change func(ctx context.Context, names []string) error
	delete func(ctx context.Context, names []string) error
}

// steps are what is measured of a client, beside the number of its requests.
var steps = []string{"create", "see the states of all", "change", "delete"}

// Client compares how this project's client and one that goes one by one, as others do, look after connectors of three workers.
func Client(ctx context.Context, s *Stage) (report.Section, error) {
	count, rounds := Pick(s, 2, 15), Pick(s, 1, 3)
	section := report.Section{
		Title: "The REST client",
		Question: fmt.Sprintf("How long does it take to look after %d connectors of one task each on %d workers, beside a client that goes one by one "+
			"and has followers send changes on to the leader?", count, groupSize(s)),
	}
	workers, err := s.Workers(ctx, groupSize(s))
	if err != nil {
		return section, err
	}
	table, err := compareClients(ctx, workers, count, rounds)
	table.Method = "Each step is measured until its last answer has come; between two the group comes to rest, which is nobody's time. What a rebalance refuses is asked for again."
	section.Tables = []report.Table{table}
	return section, err
}

func groupSize(s *Stage) int { return Pick(s, 2, 3) }

func compareClients(ctx context.Context, workers []string, count, rounds int) (table report.Table, err error) {
	var requests atomic.Int64
	endpoints, stop, err := counted(workers, &requests)
	defer stop()
	if err != nil {
		return table, err
	}
	leads, err := leader(ctx, workers)
	if err != nil {
		return table, err
	}
	typed, err := connect.New(connect.Config{Endpoints: endpoints})
	if err != nil {
		return table, err
	}
	defer typed.Close()
	observer, err := connect.New(connect.Config{Endpoints: workers}) // whose requests are not counted
	if err != nil {
		return table, err
	}
	defer observer.Close()
	clients := []client{
		eightAtOnce(typed),
		simple("one by one, through the leader", endpoints[leads]),
		simple("one by one, through another worker", endpoints[(leads+1)%len(endpoints)]),
	}
	times, asked := make([][]report.Sample, len(clients)), make([]report.Sample, len(clients))
	for range rounds {
		for i, one := range clients {
			requests.Store(0)
			took, err := one.measure(ctx, observer, count)
			if err != nil {
				return table, fmt.Errorf("%s: %w", one.name, err)
			}
			asked[i] = append(asked[i], float64(requests.Load()))
			times[i] = append(times[i], report.Times(took...))
		}
	}
	for i, peer := range clients[1:] {
		for step, what := range steps {
			table.Rows = append(table.Rows, report.Row{
				What: what, Ours: column(times[0], step), Peer: column(times[i+1], step), PeerName: peer.name, Unit: report.Seconds,
			})
		}
		table.Rows = append(table.Rows, report.Row{What: "requests", Ours: asked[0], Peer: asked[i+1], PeerName: peer.name, Unit: report.Count})
	}
	return table, nil
}

// column is one step of all rounds.
func column(rounds []report.Sample, step int) (sample report.Sample) {
	for _, round := range rounds {
		sample = append(sample, round[step])
	}
	return sample
}

// measure takes the time of each step. Between two of them the group comes to rest, which is nobody's time.
func (c client) measure(ctx context.Context, observer *connect.Client, count int) (took []time.Duration, err error) {
	var names []string
	for i := range count {
		names = append(names, fmt.Sprintf("bench%03d", i))
	}
	for _, step := range []func() error{
		func() error { return c.create(ctx, names) },
		func() error { return c.states(ctx) },
		func() error { return c.change(ctx, names) },
		func() error { return c.delete(ctx, names) },
	} {
		begun := time.Now()
		if err := step(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
		if err := rest(ctx, observer); err != nil {
			return nil, err
		}
	}
	return took, nil
}

// rest returns when all connectors there are run.
func rest(ctx context.Context, observer *connect.Client) error {
	for {
		names, err := observer.Connectors(ctx)
		if err != nil {
			return err
		}
		listed, err := observer.ListConnectors(ctx)
		if err != nil {
			return err
		}
		running := 0
		for _, connector := range listed {
			if connector.Status.AllRunning() {
				running++
			}
		}
		if running == len(names) {
			return nil
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func settings(topic string) map[string]string {
	return map[string]string{"connector.class": "FileStreamSource", "tasks.max": "1", "file": "none", "topic": topic}
}

// eightAtOnce is this project's client, used as connectors.Reconcile uses it.
func eightAtOnce(typed *connect.Client) client {
	each := func(ctx context.Context, names []string, do func(context.Context, string) error) error {
		return connect.Each(ctx, connect.AtOnce, names, do).Err()
	}
	return client{
		name: "requirer-lib/connect, eight at a time",
		create: func(ctx context.Context, names []string) error {
			return each(ctx, names, func(ctx context.Context, name string) error {
				_, err := typed.Create(ctx, name, settings("a"), connect.InitialRunning)
				return err
			})
		},
		states: func(ctx context.Context) error {
			_, err := typed.ListConnectors(ctx)
			return err
		},
		change: func(ctx context.Context, names []string) error {
			return each(ctx, names, func(ctx context.Context, name string) error {
				_, _, err := typed.PutConfig(ctx, name, settings("b"))
				return err
			})
		},
		delete: func(ctx context.Context, names []string) error { return each(ctx, names, typed.Delete) },
	}
}

// simple asks one endpoint, and waits for each answer. What a rebalance refuses it asks for again a tenth of a second later.
func simple(name, endpoint string) client {
	each := func(ctx context.Context, names []string, method, path string, body any) error {
		for _, name := range names {
			if err := ask(ctx, method, endpoint+"/connectors/"+name+path, body, nil); err != nil {
				return err
			}
		}
		return nil
	}
	putAll := func(topic string) func(context.Context, []string) error {
		return func(ctx context.Context, names []string) error {
			return each(ctx, names, http.MethodPut, "/config", settings(topic))
		}
	}
	return client{
		name: name, create: putAll("a"), change: putAll("b"),
		states: func(ctx context.Context) error {
			var names []string
			if err := ask(ctx, http.MethodGet, endpoint+"/connectors", nil, &names); err != nil {
				return err
			}
			return each(ctx, names, http.MethodGet, "/status", nil)
		},
		delete: func(ctx context.Context, names []string) error { return each(ctx, names, http.MethodDelete, "", nil) },
	}
}

const again = 100 * time.Millisecond

func ask(ctx context.Context, method, address string, body, answer any) error {
	for {
		status, said, err := exchange(ctx, method, address, body)
		switch {
		case err != nil:
			return err
		case status < http.StatusBadRequest && answer != nil:
			return json.Unmarshal(said, answer)
		case status < http.StatusBadRequest:
			return nil
		case status != http.StatusConflict && status != http.StatusNotFound: // a status that is not there yet is a 404
			return fmt.Errorf("%s %s: %d %s", method, address, status, said)
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func exchange(ctx context.Context, method, address string, body any) (status int, said []byte, err error) {
	var sent io.Reader = http.NoBody
	if body != nil {
		document, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		sent = bytes.NewReader(document)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, sent)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	said, err = io.ReadAll(response.Body)
	return response.StatusCode, said, err
}

// leader finds which worker leads: only that one looks for a connector to delete before it would send the request on.
func leader(ctx context.Context, workers []string) (int, error) {
	for i, worker := range workers {
		status, _, err := exchange(ctx, http.MethodDelete, worker+"/connectors/nobody?forward=false", nil)
		if err != nil {
			return 0, err
		}
		if status == http.StatusNotFound {
			return i, nil
		}
	}
	return 0, ErrNoLeader
}

// counted puts proxies that count before workers.
func counted(workers []string, requests *atomic.Int64) (endpoints []string, stop func(), err error) {
	var servers []*httptest.Server
	stop = func() {
		for _, server := range servers {
			server.Close()
		}
	}
	for _, worker := range workers {
		target, err := url.Parse(worker)
		if err != nil {
			return nil, stop, err
		}
		proxy := &httputil.ReverseProxy{Rewrite: func(request *httputil.ProxyRequest) {
			requests.Add(1)
			request.SetURL(target)
		}}
		servers = append(servers, httptest.NewServer(proxy))
		endpoints = append(endpoints, servers[len(servers)-1].URL)
	}
	return endpoints, stop, nil
}
