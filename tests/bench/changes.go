package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/bench/report"
)

// changes has a number of connectors created, changed and deleted by package connectors, and by bare requests, as many at a
// time. Each is measured until the last answer has come.
func (on *syncing) changes(ctx context.Context, number int, state connect.State, rounds int) (report.Table, error) {
	if err := on.settle(ctx, connectors.Desired{}); err != nil {
		return report.Table{}, err
	}
	contenders := []func(context.Context, phase) (time.Duration, error){on.byConnectors, on.byRequests}
	var times [2][3]report.Sample
	for round := range rounds {
		for turn := range contenders {
			who := (turn + round) % 2 // none is always the first
			for i, phase := range on.phases(number, state) {
				took, err := contenders[who](ctx, phase)
				if err != nil {
					return report.Table{}, err
				}
				times[who][i] = append(times[who][i], took.Seconds())
				if err := on.settle(ctx, phase.desired); err != nil {
					return report.Table{}, err
				}
			}
		}
	}
	table := report.Table{
		Title:  fmt.Sprintf("%d connectors %s", number, state),
		Method: fmt.Sprintf("%d at a time, on one real worker, until the last answer. Bare requests look at nothing, compare nothing and repeat nothing.", connect.AtOnce),
	}
	for i, what := range []string{"create", "change", "delete"} {
		table.Rows = append(table.Rows, report.Row{
			What: what, Ours: times[0][i], Peer: times[1][i], PeerName: "bare requests", Unit: report.Seconds,
		})
	}
	return table, nil
}

// phase is one of creation, change and deletion: what there is to be after it, and the request for one connector.
type phase struct {
	desired connectors.Desired
	names   []string
	request func(connector string) (method, path string, body any)
}

func (on *syncing) phases(number int, state connect.State) []phase {
	names := names(number)
	return []phase{
		{on.wanted(number, state, "a"), names, func(connector string) (string, string, any) {
			body := map[string]any{"name": connector, "config": map[string]string(on.with("a"))}
			if state != connect.Running { // which is so where nothing is said
				body["initial_state"] = state
			}
			return http.MethodPost, "", body
		}},
		{on.wanted(number, state, "b"), names, func(connector string) (string, string, any) {
			return http.MethodPut, "/" + connector + "/config", map[string]string(on.with("b"))
		}},
		{connectors.Desired{}, names, func(connector string) (string, string, any) {
			return http.MethodDelete, "/" + connector, nil
		}},
	}
}

func (on *syncing) byConnectors(ctx context.Context, phase phase) (time.Duration, error) {
	owned, done, err := ownedAt(on.endpoint)
	if err != nil {
		return 0, err
	}
	defer done()
	return syncOnce(ctx, owned, phase.desired)
}

// byRequests is as little as can be done: no looking, no comparing, no repeating.
func (on *syncing) byRequests(ctx context.Context, phase phase) (time.Duration, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: connect.AtOnce}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	began := time.Now()
	err := connect.Each(ctx, connect.AtOnce, phase.names, func(ctx context.Context, name string) error {
		method, path, body := phase.request(name + mark)
		return bare(ctx, client, method, on.endpoint+"/connectors"+path, body)
	}).Err()
	return time.Since(began), err
}

func bare(ctx context.Context, client *http.Client, method, address string, body any) error {
	var document []byte
	if body != nil {
		var err error
		if document, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(document))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s", method, address, response.Status)
	}
	return nil
}
