package connect

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
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
	Trace    string `json:"trace"`     // stack trace when failed; may quote configuration
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

// Task is a task and the configuration its connector has given it.
type Task struct {
	ID     TaskID            `json:"id"`
	Config map[string]string `json:"config"` // passwords included, in clear
}

// Status gives the state of a connector. For a moment after Create it is
// ErrNotFound.
func (c *Client) Status(ctx context.Context, name string) (Status, error) {
	var status Status
	err := c.onConnector(ctx, name, call{method: http.MethodGet, path: "/status", out: &status})
	return status, err
}

// Tasks gives the tasks of a connector.
func (c *Client) Tasks(ctx context.Context, name string) ([]Task, error) {
	var tasks []Task
	err := c.onConnector(ctx, name, call{method: http.MethodGet, path: "/tasks", out: &tasks})
	return tasks, err
}

// Pause lets tasks stay where they are and do nothing. It is asked for, not yet
// done, when Pause returns. On a failed connector it does nothing.
func (c *Client) Pause(ctx context.Context, name string) error {
	return c.onConnector(ctx, name, call{method: http.MethodPut, path: "/pause"})
}

// Resume undoes Pause and Stop, likewise after a moment.
func (c *Client) Resume(ctx context.Context, name string) error {
	return c.onConnector(ctx, name, call{method: http.MethodPut, path: "/resume"})
}

// Stop ends the tasks of a connector and keeps its configuration and offsets.
// It shows as Stopped after about a second.
func (c *Client) Stop(ctx context.Context, name string) error {
	return c.onConnector(ctx, name, call{method: http.MethodPut, path: "/stop"})
}

// Restart restarts a connector: with includeTasks its tasks as well, with
// onlyFailed no more than what has failed of these.
func (c *Client) Restart(ctx context.Context, name string, includeTasks, onlyFailed bool) error {
	return c.onConnector(ctx, name, call{
		method: http.MethodPost,
		path:   "/restart",
		query: url.Values{
			"includeTasks": {strconv.FormatBool(includeTasks)},
			"onlyFailed":   {strconv.FormatBool(onlyFailed)},
		},
	})
}
