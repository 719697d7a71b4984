package connect

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
)

// Backoff says how long to wait before retry n, counted from 1.
type Backoff func(retry int) time.Duration

// Wait waits, or returns the context's error when that ends first.
type Wait func(ctx context.Context, delay time.Duration) error

const (
	shortestWait = 100 * time.Millisecond
	longestWait  = 5 * time.Second
)

// Exponential doubles from 0.1 s up to 5 s, and takes up to half of it off at
// random, so that clients that met the same rebalance do not come back together.
func Exponential(retry int) time.Duration {
	delay := longestWait
	if doublings := max(retry-1, 0); doublings < 6 {
		delay = min(shortestWait<<doublings, longestWait)
	}
	return delay - rand.N(delay/2)
}

func waitOnClock(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer is what came of one request to one endpoint: a status and a body, or
// an error.
type answer struct {
	status     int
	body       []byte
	retryAfter time.Duration // what the other side asks for; zero: nothing
	err        error
}

// step is what to do after an answer.
type step int

const (
	accept step = iota // it is the result
	refuse             // it is the error, and trying again would not help
	next               // ask the next endpoint at once; wait when all were asked
	pause              // wait, then ask again
)

// verdict is the step to take and why.
type verdict struct {
	step   step
	reason string
	// doubt: the request may have been carried out all the same.
	doubt bool
	// hopeless: waiting will not help this endpoint, only another one may.
	hopeless bool
	// least is the shortest wait, before a request that is not sent at once.
	least time.Duration
}

// judge decides on one answer. It does no I/O.
type judge func(answer) verdict

// judgeAnswer has the rules for all calls. What Kafka Connect answers when was
// found by running it (3.9.1 and 4.3.1).
func judgeAnswer(a answer) verdict {
	switch {
	case a.err != nil:
		return judgeFailure(a.err)
	case a.status >= 200 && a.status < 300:
		return verdict{step: accept}
	case isRebalancing(a.status, a.message()):
		return verdict{step: pause, reason: "the cluster is rebalancing"}
	case a.status == http.StatusInternalServerError && strings.HasPrefix(a.message(), forwardingFailed):
		// The leader may have got the request and only its answer been lost.
		return verdict{step: pause, reason: "the worker could not reach the leader", doubt: true}
	case a.status == http.StatusInternalServerError && strings.Contains(a.message(), safelyRetried):
		// A write to the config topic that failed; a sink's group that has members after its connector was stopped.
		return verdict{step: pause, reason: "the worker says that the request can be sent again", doubt: true}
	case a.status == http.StatusTooManyRequests:
		return verdict{step: pause, reason: "the endpoint takes no more requests now", least: a.retryAfter}
	case isUnavailable(a.status):
		// A proxy says so too when the worker goes down in the middle of a request.
		return verdict{step: next, reason: "no worker behind the endpoint", doubt: true}
	}
	return verdict{step: refuse}
}

// judgeFailure has the rules for requests without an answer.
func judgeFailure(err error) verdict {
	if errors.Is(err, resty.ErrResponseBodyTooLarge) {
		return verdict{step: refuse}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return verdict{step: next, reason: "its certificate is not trusted", hopeless: true}
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return verdict{step: next, reason: "it speaks http where https is asked for", hopeless: true}
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return verdict{step: next, reason: noConnection}
	}
	return verdict{step: next, reason: "the connection broke", doubt: true}
}

// judgeHealth takes 500 and 503 as a result when the worker itself says so: it
// is what was asked.
func judgeHealth(a answer) verdict {
	var health Health
	if a.err == nil && json.Unmarshal(a.body, &health) == nil && health.Status != "" {
		return verdict{step: accept}
	}
	return judgeAnswer(a)
}

const (
	noConnection      = "no connection"
	forwardingFailed  = "IO Error trying to forward"
	safelyRetried     = "can be safely retried"
	alreadyExists     = "already exists"
	rebalanceExpected = "a rebalance is expected"
)

// isRebalancing: writes and forwarded requests say so with 409; reads that the
// worker answers itself, with 500 (GET …/config right after a write, 4.3.1).
func isRebalancing(status int, message string) bool {
	return status == http.StatusConflict && !isAlreadyExists(message) ||
		status == http.StatusInternalServerError && strings.HasSuffix(message, rebalanceExpected)
}

// isAlreadyExists tells the two meanings of 409 apart: the other is a rebalance.
func isAlreadyExists(message string) bool {
	return strings.HasSuffix(strings.TrimRight(message, " ."), alreadyExists)
}

// retryAfter reads the header in its form of seconds (RFC 9110, 10.2.3), which
// is what gateways send.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func isUnavailable(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// message is what the worker says about an error, or else the body.
func (a answer) message() string {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(a.body, &said) == nil {
		return said.Message
	}
	return string(a.body)
}
