package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// call is one thing asked of the cluster, on whichever endpoint serves.
type call struct {
	method string
	path   string // below the endpoint
	query  url.Values
	body   any // sent as JSON; nil: no body
	out    any // the answer's JSON goes here; nil: it is not read
	judge  judge
	hide   []string // secret texts in the body
	// isStale says whether an answer is from before what this client has written.
	isStale func(answer) bool
	// forLeader: only the leader of the group can do it; any other worker would
	// send it on to that one.
	forLeader bool
	// settle gets the error of a request that followed one of unknown outcome:
	// the error may only say that the earlier one was carried out. It returns
	// nil if so, errUnsettled to go on, or what the caller gets.
	settle func(ctx context.Context, err error) error
	// isDone looks, before a request is sent again, whether the one of unknown outcome was carried out. Nil: to carry it
	// out twice does no more than once.
	isDone func(ctx context.Context) bool
}

var errUnsettled = errors.New("not settled yet")

// do sends the call until it is answered for good, at the longest until the
// context or the client's patience ends. It returns the HTTP status.
//
//	answer ── accept ──> result
//	  │ ├──── refuse ──> error
//	  │ ├──── next ────> next endpoint; after the last one: wait
//	  │ └──── pause ───> wait ──> next endpoint
func (c *Client) do(ctx context.Context, call call) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	if call.judge == nil {
		call.judge = judgeAnswer
	}
	call.hide = slices.Concat(call.hide, hiddenBy(ctx))
	payload, err := encode(call)
	if err != nil {
		return 0, err
	}
	run := c.begin(call)
	for {
		endpoint := c.endpoints[run.at]
		got := c.send(ctx, endpoint, call, payload, run.direct > 0)
		if call.isStale != nil && call.isStale(got) && c.reread(ctx, &run, call) {
			continue
		}
		said := run.judge(call, got)
		if said.step == accept || said.step == refuse && got.err == nil {
			c.answered(run, said)
		}
		if said.step == accept {
			return got.status, decode(call, got)
		}
		err := c.failure(call, endpoint, got, said)
		if said.step == refuse && run.doubted && call.settle != nil {
			settled := call.settle(ctx, err)
			if !errors.Is(settled, errUnsettled) {
				return got.status, settled
			}
			said = verdict{step: pause, reason: "the worker does not show the connector yet"}
		}
		if said.step == refuse || got.err != nil && ctx.Err() != nil {
			return got.status, err
		}
		if err := c.again(ctx, &run, call, said, err); err != nil {
			return got.status, err
		}
		if run.doubted && call.isDone != nil && call.isDone(ctx) {
			return http.StatusOK, nil
		}
	}
}

// again prepares the next request: it waits where the verdict asks for it, and
// returns the error of the call where there is to be no next request.
func (c *Client) again(ctx context.Context, run *attempts, call call, said verdict, err error) error {
	if run.direct > 0 {
		c.leader.failed(said, run.refused+1 == run.endpoints, c.now())
	}
	wait, hope := run.failed(said)
	if !hope {
		return err
	}
	c.log.Debug("Kafka Connect request to be sent again", "method", call.method, "path", call.path,
		"attempt", run.made, "reason", said.reason, "wait", wait)
	if !wait {
		return nil
	}
	run.waits++
	if ended := c.pause(ctx, max(c.backoff(run.waits), said.least)); ended != nil {
		return fmt.Errorf("%w (gave up after %d attempts, %s: %w)", err, run.made, said.reason, ended)
	}
	c.seekLeader(run, call)
	return nil
}

var errNoTimeLeft = errors.New("no time left to wait and try again")

// pause waits, unless that outlasts the deadline: then it returns at once, for
// nothing would come of it.
func (c *Client) pause(ctx context.Context, delay time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= delay {
		return errNoTimeLeft
	}
	return c.wait(ctx, delay)
}

// send makes one request to one endpoint: direct, if it is not to be sent on by
// the worker that gets it.
func (c *Client) send(ctx context.Context, endpoint string, call call, payload []byte, direct bool) answer {
	request := c.rest.R().SetContext(ctx).SetHeader("Accept", "application/json")
	if call.query != nil {
		request.SetQueryParamsFromValues(call.query)
	}
	if direct {
		request.SetQueryParam("forward", "false")
	}
	if payload != nil {
		request.SetHeader("Content-Type", "application/json").SetBody(payload)
	}
	response, err := request.Execute(call.method, endpoint+call.path)
	if err != nil {
		return answer{err: withoutURL(err)}
	}
	return answer{status: response.StatusCode(), body: response.Body(), retryAfter: retryAfter(response.Header())}
}

// withoutURL takes off the wrapping that repeats method and URL.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// encode gives the body to send; nil for none.
func encode(call call) ([]byte, error) {
	if call.body == nil {
		return nil, nil
	}
	payload, err := json.Marshal(call.body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: encoding the request: %w", call.method, call.path, err)
	}
	return payload, nil
}

// failure words what came of a request that was not accepted.
func (c *Client) failure(call call, endpoint string, got answer, said verdict) error {
	if got.err == nil {
		return &APIError{
			Method:  call.method,
			Path:    call.path,
			Status:  got.status,
			Message: tidy(got.message(), slices.Concat(c.hide, call.hide)),
		}
	}
	on := fmt.Sprintf("%s %s on %s", call.method, call.path, endpoint)
	switch {
	case said.step == refuse:
		return fmt.Errorf("%s: the answer is larger than %d MiB: %w", on, maxAnswerBytes>>20, got.err)
	case said.hopeless:
		return fmt.Errorf("%s: %w: %w", on, ErrUntrusted, got.err)
	case errors.Is(got.err, context.Canceled):
		return fmt.Errorf("%s: %w", on, got.err) // the caller's wish, and no trouble
	}
	return fmt.Errorf("%s: %w: %w", on, ErrUnavailable, got.err)
}

func decode(call call, got answer) error {
	if call.out == nil || got.status == http.StatusNoContent {
		return nil
	}
	err := json.Unmarshal(got.body, call.out)
	if err == nil {
		return nil
	}
	// The parser's error can quote the answer, and the answer a password.
	on := fmt.Sprintf("%s %s: the answer (%d %s)", call.method, call.path, got.status, http.StatusText(got.status))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && syntax.Offset >= int64(len(got.body)) {
		return fmt.Errorf("%s ends after %d bytes, in the middle of its JSON", on, len(got.body))
	}
	return fmt.Errorf("%s is not the JSON expected: is this the REST API of Kafka Connect?", on)
}
