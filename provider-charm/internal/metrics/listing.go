package metrics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Bounds on what a scrape asks of the worker.
const (
	listingPatience = 5 * time.Second // Prometheus gives up after 10 s as a rule
	listingAge      = 5 * time.Second // two that scrape at the same time cost the worker one request
	maxListing      = 64 << 20        // bytes; traces of failed tasks make it large
)

// part is a connector or one of its tasks, as the worker tells its state.
type part struct {
	State  string `json:"state"`
	Worker string `json:"worker_id"`
}

// status is the state of a connector and its tasks.
type status struct {
	Connector part   `json:"connector"`
	Tasks     []part `json:"tasks"`
}

// listing is the connectors of the whole Connect group, as this unit's worker knows them, kept for a moment.
type listing struct {
	url    string
	client *http.Client

	mu         sync.Mutex // held while the worker is asked: who comes meanwhile gets the same answer
	asked      time.Time
	connectors map[string]status
	err        error
}

func newListing(worker string) *listing {
	return &listing{
		url: strings.TrimSuffix(worker, "/") + "/connectors?expand=status",
		// The worker is on loopback: no proxy. A connection of its own each time: none is left to a worker that stops.
		client: &http.Client{Timeout: listingPatience, Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// get asks the worker, or gives what it said a moment ago.
func (l *listing) get() (map[string]status, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.asked) > listingAge {
		l.connectors, l.err = l.ask()
		l.asked = time.Now()
	}
	return l.connectors, l.err
}

func (l *listing) ask() (map[string]status, error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, l.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := l.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the worker answers %s", answer.Status)
	}
	return decodeListing(io.LimitReader(answer.Body, maxListing))
}

// decodeListing reads connector by connector: the traces, which are most of the bytes, are dropped on the way.
func decodeListing(from io.Reader) (map[string]status, error) {
	decoder := json.NewDecoder(from)
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.Join(errors.New("the worker's list of connectors is no JSON object"), err)
	}
	connectors := map[string]status{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var listed struct {
			Status status `json:"status"`
		}
		if err := decoder.Decode(&listed); err != nil {
			return nil, err
		}
		connectors[name.(string)] = listed.Status
	}
	_, err := decoder.Token() // the closing brace: without it the list is cut
	return connectors, err
}
