package jujutest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// pebble is an HTTP client of the container's daemon.
func (c *container) pebble() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", c.socket)
		},
	}}
}

// get asks the daemon and decodes the result.
func (c *container) get(ctx context.Context, path string, result any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://pebble"+path, nil)
	if err != nil {
		return err
	}
	return c.do(request, result)
}

func (c *container) do(request *http.Request, result any) error {
	response, err := c.pebble().Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var body struct {
		Type   string          `json:"type"`
		Result json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return err
	}
	if body.Type == "error" {
		return fmt.Errorf("%s: %s", response.Status, body.Result)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(body.Result, result)
}

// pebbleNotice is a notice as Pebble lists it.
type pebbleNotice struct {
	ID           string            `json:"id"`
	Type         string            `json:"type"`
	Key          string            `json:"key"`
	LastRepeated time.Time         `json:"last-repeated"`
	LastData     map[string]string `json:"last-data"`
}

// notices waits for notices that are newer than after; none is the result of a wait that was long enough.
func (c *container) notices(ctx context.Context, after time.Time, wait time.Duration) ([]pebbleNotice, error) {
	query := url.Values{"types": {"custom,change-update"}}
	if wait > 0 {
		query.Set("timeout", wait.String())
	}
	if !after.IsZero() {
		query.Set("after", after.Format(time.RFC3339Nano))
	}
	var notices []pebbleNotice
	err := c.get(ctx, "/v1/notices?"+query.Encode(), &notices)
	return notices, err
}

func (c *container) changeStatus(ctx context.Context, id string) (string, error) {
	var change struct {
		Status string `json:"status"`
	}
	err := c.get(ctx, "/v1/changes/"+url.PathEscape(id), &change)
	return change.Status, err
}

// notify makes a custom notice.
func (c *container) notify(ctx context.Context, key string) error {
	body, err := json.Marshal(map[string]string{"action": "add", "type": "custom", "key": key})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://pebble/v1/notices", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	return c.do(request, nil)
}
