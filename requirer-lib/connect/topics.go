package connect

import (
	"context"
	"net/http"
)

// Topics gives the topics that a connector has written to or read from since it
// was created, or since ResetTopics. A connector that has used none, or is not
// there, has none. ErrForbidden where the workers do not keep track
// (topic.tracking.enable=false).
func (c *Client) Topics(ctx context.Context, name string) ([]string, error) {
	var answer map[string]struct {
		Topics []string `json:"topics"`
	}
	err := c.onConnector(ctx, name, call{method: http.MethodGet, path: "/topics", out: &answer})
	return answer[name].Topics, err
}

// ResetTopics forgets which topics a connector has used, whether it runs or not:
// those that it goes on to use come back. ErrForbidden where that is not allowed
// (topic.tracking.allow.reset=false).
func (c *Client) ResetTopics(ctx context.Context, name string) error {
	return c.onConnector(ctx, name, call{method: http.MethodPut, path: "/topics/reset"})
}
