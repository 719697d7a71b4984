package connect

import "time"

// SetNow gives a client another clock.
func (c *Client) SetNow(now func() time.Time) { c.now = now }

// ReadAnswer does with an answer what a call does, for each type that one is
// read into. It returns the errors.
func ReadAnswer(status int, body []byte, hide ...string) (errs []error) {
	got := answer{status: status, body: body}
	asked := call{method: "GET", path: "/connectors", hide: hide}
	for _, judge := range []judge{judgeAnswer, judgeHealth} {
		errs = append(errs, new(Client).failure(asked, "http://a", got, judge(got)))
	}
	changes := recent{}
	changes.note("a", true, time.Now())
	_ = changes.isStale("a", "GET", got, time.Now())
	_ = changes.isStaleListing(got, time.Now())
	for _, out := range []any{
		&[]string{}, &map[string]ListedConnector{}, &Connector{}, &Settings{}, &Status{}, &TaskState{}, &[]Task{}, &offsets{},
		&[]Plugin{}, &Validation{}, &[]FieldDefinition{}, &map[string]Logger{}, &ServerInfo{}, &Health{},
	} {
		asked.out = out
		errs = append(errs, decode(asked, got))
	}
	return errs
}
