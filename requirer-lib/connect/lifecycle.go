package connect

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Pause lets tasks stay where they are and do nothing. It is asked for, not yet
// done, when Pause returns. On a failed connector it does nothing.
func (c *Client) Pause(ctx context.Context, name string) error {
	return c.onConnector(ctx, name, call{method: http.MethodPut, path: "/pause"})
}

// Resume undoes Pause and Stop, likewise after a moment.
func (c *Client) Resume(ctx context.Context, name string) error {
	return c.onConnector(ctx, name, call{method: http.MethodPut, path: "/resume"})
}

// Stop ends the tasks of a connector and keeps its configuration and offsets,
// which can then be changed. It shows as Stopped after about a second.
func (c *Client) Stop(ctx context.Context, name string) error {
	return c.onConnector(ctx, name, call{method: http.MethodPut, path: "/stop", forLeader: true})
}

// RestartOptions say what of a connector restarts.
type RestartOptions struct {
	IncludeTasks bool // its tasks as well, and not the connector alone
	OnlyFailed   bool // of these, no more than what has failed
}

// Restart restarts a connector. It is under way, not yet done, when Restart
// returns: the status tells the plan, what restarts being Restarting in it. For
// the connector alone, whether failed or not (the zero RestartOptions), Connect
// tells nothing, and the status is empty.
//
// When a request breaks off, nobody knows whether it was carried out. It is sent
// again, so there may be two restarts.
func (c *Client) Restart(ctx context.Context, name string, options RestartOptions) (Status, error) {
	var plan Status
	err := c.onConnector(ctx, name, call{
		method: http.MethodPost,
		path:   "/restart",
		query: url.Values{
			"includeTasks": {strconv.FormatBool(options.IncludeTasks)},
			"onlyFailed":   {strconv.FormatBool(options.OnlyFailed)},
		},
		out:       &plan,
		forLeader: options != RestartOptions{}, // the connector alone is its worker's to restart
	})
	return plan, err
}
