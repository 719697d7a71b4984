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
)

// Changes has a number of connectors created, changed and deleted by package connectors, and by bare requests, as many at a
// time. Each is measured until the last answer has come.
func (s Sync) Changes(ctx context.Context, endpoint string, number int, state connect.State) error {
	fmt.Fprintf(s.Out, "%d connectors %s, %d at a time, %d rounds:\n\n| | create | change | delete |\n|---|--:|--:|--:|\n",
		number, state, connect.AtOnce, s.Rounds)
	if _, err := s.Settle(ctx, endpoint, connectors.Desired{}); err != nil {
		return err
	}
	contenders := []func(context.Context, string, phase) (time.Duration, error){s.byConnectors, s.byRequests}
	var times [2][3]sample
	for round := range s.Rounds {
		for turn := range contenders {
			who := (turn + round) % 2 // none is always the first
			for i, phase := range s.phases(number, state) {
				took, err := contenders[who](ctx, endpoint, phase)
				if err != nil {
					return err
				}
				times[who][i] = append(times[who][i], took)
				if _, err := s.Settle(ctx, endpoint, phase.desired); err != nil {
					return err
				}
			}
		}
	}
	for who, name := range []string{"package connectors", "bare requests"} {
		fmt.Fprintf(s.Out, "| %s | %s | %s | %s |\n", name, times[who][0], times[who][1], times[who][2])
	}
	s.ratioRow("ratio of the medians", times, sample.median)
	s.ratioRow("ratio of the shortest", times, sample.shortest)
	fmt.Fprintln(s.Out)
	return nil
}

func (s Sync) ratioRow(name string, times [2][3]sample, of func(sample) time.Duration) {
	fmt.Fprintf(s.Out, "| %s |", name)
	for i := range times[0] {
		fmt.Fprintf(s.Out, " %.2f |", of(times[0][i]).Seconds()/of(times[1][i]).Seconds())
	}
	fmt.Fprintln(s.Out)
}

// phase is one of creation, change and deletion: what there is to be after it, and the request for one connector.
type phase struct {
	desired connectors.Desired
	names   []string
	request func(connector string) (method, path string, body any)
}

func (s Sync) phases(number int, state connect.State) []phase {
	names := names(number)
	return []phase{
		{s.wanted(number, state, "a"), names, func(connector string) (string, string, any) {
			body := map[string]any{"name": connector, "config": map[string]string(s.config("a"))}
			if state != connect.Running { // which is so where nothing is said
				body["initial_state"] = state
			}
			return http.MethodPost, "", body
		}},
		{s.wanted(number, state, "b"), names, func(connector string) (string, string, any) {
			return http.MethodPut, "/" + connector + "/config", map[string]string(s.config("b"))
		}},
		{connectors.Desired{}, names, func(connector string) (string, string, any) {
			return http.MethodDelete, "/" + connector, nil
		}},
	}
}

func (s Sync) byConnectors(ctx context.Context, endpoint string, phase phase) (time.Duration, error) {
	owned, done, err := ownedAt(endpoint)
	if err != nil {
		return 0, err
	}
	defer done()
	return syncOnce(ctx, owned, phase.desired)
}

// byRequests is as little as can be done: no looking, no comparing, no repeating.
func (s Sync) byRequests(ctx context.Context, endpoint string, phase phase) (time.Duration, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: connect.AtOnce}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	began := time.Now()
	err := connect.Each(ctx, connect.AtOnce, phase.names, func(ctx context.Context, name string) error {
		method, path, body := phase.request(name + mark)
		return bare(ctx, client, method, endpoint+"/connectors"+path, body)
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
