package connect

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// State is what a connector or a task does.
type State string

// States. A worker that has died leaves its last one standing until the group
// notices.
const (
	Unassigned State = "UNASSIGNED"
	Running    State = "RUNNING"
	Paused     State = "PAUSED"
	Stopped    State = "STOPPED"
	Failed     State = "FAILED"
	Restarting State = "RESTARTING"
	Destroyed  State = "DESTROYED"
)

// Status is the state of a connector and of its tasks, which are apart: a
// running connector can have failed tasks.
type Status struct {
	Name      string         `json:"name"`
	Type      ConnectorType  `json:"type"`
	Connector ConnectorState `json:"connector"`
	Tasks     []TaskState    `json:"tasks"`
}

// ConnectorState is the state of the connector itself.
type ConnectorState struct {
	State    State  `json:"state"`
	WorkerID string `json:"worker_id"` // host:port the worker advertises
	Trace    string `json:"trace"`     // stack trace when failed; may quote configuration, see Redact
	Version  string `json:"version"`   // of the plugin; empty before 4.1
}

// TaskState is the state of one task.
type TaskState struct {
	ID       int    `json:"id"`
	State    State  `json:"state"`
	WorkerID string `json:"worker_id"`
	Trace    string `json:"trace"`
	Version  string `json:"version"`
}

// AllRunning says whether the connector and all its tasks run, and there is at
// least one task: a connector without any moves nothing.
func (s Status) AllRunning() bool {
	for _, task := range s.Tasks {
		if task.State != Running {
			return false
		}
	}
	return s.Connector.State == Running && len(s.Tasks) > 0
}

// AnyFailed says whether the connector or one of its tasks has failed. Connect
// never starts it again by itself.
func (s Status) AnyFailed() bool {
	for _, task := range s.Tasks {
		if task.State == Failed {
			return true
		}
	}
	return s.Connector.State == Failed
}

// Status gives the state of a connector.
func (c *Client) Status(ctx context.Context, name string) (Status, error) {
	var status Status
	err := c.onConnector(ctx, name, call{method: http.MethodGet, path: "/status", out: &status})
	return status, err
}

// longestLook is the longest time between two looks of AwaitStatus.
const longestLook = 500 * time.Millisecond

// AwaitStatus asks for the state of a connector until it is as wanted. It ends
// with the context, or with the client's patience, and gives the last state
// seen along with that error; any other error ends it at once.
func (c *Client) AwaitStatus(ctx context.Context, name string, wanted func(Status) bool) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	var seen Status
	for look := 1; ; look++ {
		status, err := c.Status(ctx, name)
		if err != nil && (ctx.Err() == nil || look == 1) || err == nil && wanted(status) {
			return status, err
		}
		if err == nil {
			seen = status
			err = c.wait(ctx, min(c.backoff(look), longestLook))
		}
		if err != nil {
			return seen, fmt.Errorf("awaiting connector %s, which is %s: %w", name, seen.Connector.State, err)
		}
	}
}
