package charm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/unixsocket"
)

// managerAPI asks the manager over its socket, where nobody else is let in. Of the API's documents it reads what a unit's
// status is made of. (Package client has the whole of them, and with them all that the manager is made of: too much for a
// program that starts with every hook.)
type managerAPI struct {
	socket string
	client *http.Client
}

func newManagerAPI(socket string) managerAPI {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return unixsocket.Dial(ctx, socket)
	}
	return managerAPI{socket: socket, client: &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// refusal is an answer of the manager that says no.
type refusal struct {
	Status  int    `json:"-"`
	Message string `json:"message"`
}

func (r *refusal) Error() string { return r.Message }

// keptStatus is how a cluster is kept.
type keptStatus struct {
	Reachable   bool           `json:"reachable"`
	Error       string         `json:"error"`
	Problems    []stateProblem `json:"problems"` // of the newest state file
	SourceError string         `json:"sourceError"`
	LastSync    *keptSync      `json:"lastSync"`
}

type stateProblem struct {
	Line, Column int
	Message      string
}

type keptSync struct {
	Result  string             `json:"result"`
	Error   string             `json:"error"`
	Summary connectors.Summary `json:"summary"`
}

// keptConnector is one connector on a cluster.
type keptConnector struct {
	Name   string        `json:"name"`
	Owned  bool          `json:"owned"`
	Wanted string        `json:"wanted"` // running, paused or stopped; empty: it is not in the state file
	State  connect.State `json:"state"`  // missing: it is in the state file alone
	Trace  string        `json:"trace"`
	Tasks  []keptTask    `json:"tasks"`

	Overlay *keptOverlay `json:"overlay"` // what it has changed of its configuration; nil: nothing
}

type keptOverlay struct {
	Waiting string `json:"waiting"` // why it has not got all of it
	Halted  *struct {
		Reason string `json:"reason"`
	} `json:"halted"` // why it is kept stopped
}

type keptTask struct {
	ID    int           `json:"id"`
	State connect.State `json:"state"`
	Trace string        `json:"trace"`
}

// reload has the manager read its files again; it answers when they are in force.
func (m managerAPI) reload(ctx context.Context) error {
	return m.do(ctx, http.MethodPost, "/api/v1/reload", nil)
}

// sync makes a cluster's connectors those of the state file, as it is now.
func (m managerAPI) sync(ctx context.Context, cluster string) error {
	return m.do(ctx, http.MethodPost, "/connectors/sync?cluster="+url.QueryEscape(cluster), nil)
}

func (m managerAPI) status(ctx context.Context, cluster string) (status keptStatus, err error) {
	return status, m.do(ctx, http.MethodGet, "/api/v1/status?cluster="+url.QueryEscape(cluster), &status)
}

func (m managerAPI) connectors(ctx context.Context, cluster string) (all []keptConnector, err error) {
	return all, m.do(ctx, http.MethodGet, "/api/v1/connectors?cluster="+url.QueryEscape(cluster), &all)
}

func (m managerAPI) connections(ctx context.Context) (all []connection.Resource, err error) {
	return all, m.do(ctx, http.MethodGet, "/api/v1/connections", &all)
}

// answerEvery is how often one is asked that was just started.
const answerEvery = 50 * time.Millisecond

// awaitAnswer waits until the manager answers anything.
func (m managerAPI) awaitAnswer(ctx context.Context) error {
	tick := time.NewTicker(answerEvery)
	defer tick.Stop()
	for {
		err := m.do(ctx, http.MethodGet, "/health/live", nil)
		if refused := new(refusal); err == nil || errors.As(err, &refused) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// maxAnswer is the most that is read of an answer, in bytes: thousands of connectors.
const maxAnswer = 64 << 20

// do asks without saying anything.
func (m managerAPI) do(ctx context.Context, method, path string, answer any) error {
	return m.send(ctx, method, path, nil, answer)
}

// send asks with a document, where content is not nil.
func (m managerAPI) send(ctx context.Context, method, path string, content, answer any) error {
	var body io.Reader
	if content != nil {
		document, err := json.Marshal(content)
		if err != nil {
			return err
		}
		body = bytes.NewReader(document)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://connect-manager"+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	if content != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := m.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask Connect Manager: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	document, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("ask Connect Manager: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return refusalOf(response.StatusCode, document)
	}
	if answer == nil || len(document) == 0 {
		return nil
	}
	if err := json.Unmarshal(document, answer); err != nil {
		return fmt.Errorf("ask Connect Manager for %s: its answer is not as expected: %w", path, err)
	}
	return nil
}

func refusalOf(status int, document []byte) error {
	refused := &refusal{Status: status}
	if err := json.Unmarshal(document, refused); err != nil || refused.Message == "" {
		refused.Message = fmt.Sprintf("it answers %d: %.200s", status, bytes.TrimSpace(document))
	}
	return refused
}
