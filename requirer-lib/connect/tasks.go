package connect

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// TaskID names a task: number Task, from 0, of a connector.
type TaskID struct {
	Connector string `json:"connector"`
	Task      int    `json:"task"`
}

// Task is a task and the configuration its connector has given it.
type Task struct {
	ID     TaskID   `json:"id"`
	Config Settings `json:"config"` // passwords included, in clear
}

// Tasks gives the tasks of a connector, with their configurations; none while it
// is stopped. It stands for GET …/tasks-config too, which ended with Kafka
// Connect 3.9.
func (c *Client) Tasks(ctx context.Context, name string) ([]Task, error) {
	var tasks []Task
	err := c.onConnector(ctx, name, call{method: http.MethodGet, path: "/tasks", out: &tasks})
	return tasks, err
}

// TaskStatus gives the state of one task. ErrNotFound when the connector or the
// task is not there.
func (c *Client) TaskStatus(ctx context.Context, name string, task int) (TaskState, error) {
	var state TaskState
	err := c.onTask(ctx, name, task, call{method: http.MethodGet, path: "/status", out: &state})
	return state, err
}

// RestartTask restarts one task, whatever its state. The worker that has it is
// about to, when RestartTask returns. A request that breaks off is sent again,
// so there may be two restarts.
func (c *Client) RestartTask(ctx context.Context, name string, task int) error {
	return c.onTask(ctx, name, task, call{method: http.MethodPost, path: "/restart"})
}

// onTask sends a call whose path is below the task.
func (c *Client) onTask(ctx context.Context, name string, task int, call call) error {
	if task < 0 {
		return fmt.Errorf("task %d of connector %.100q: tasks are counted from 0", task, name)
	}
	call.path = "/tasks/" + strconv.Itoa(task) + call.path
	return c.onConnector(ctx, name, call)
}
