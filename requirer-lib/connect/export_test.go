package connect

import "time"

// SetNow gives a client another clock.
func (c *Client) SetNow(now func() time.Time) { c.now = now }
