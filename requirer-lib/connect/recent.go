package connect

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// A worker answers from a view that can be a little old. What was seen of it
// with the default heartbeat of 3 s (4.3.1 and 3.9.1, three workers):
//
//   - a connector just created has no status, and so is left out of a listing
//     with status, for 25 ms as a rule and up to 1 s;
//   - one just deleted still has a status, on every worker, for up to 3 s;
//   - another worker may not know of either yet, for some milliseconds.
//
// So for a while after a client has created or deleted a connector, an answer
// that contradicts it is asked for again. What another client does in that time
// is seen at the end of it at the latest.

// written is for how long: a heartbeat, the time until the first status, and
// some for a machine with much to do.
const written = 5 * time.Second

// longestReread is the longest time between two requests for what was written.
const longestReread = 250 * time.Millisecond

// reread prepares to ask again for what an answer does not show yet, at the same
// endpoint: it made the change, as a rule, and others know later. False: there
// is no time for it, and the answer is the result.
func (c *Client) reread(ctx context.Context, run *attempts, call call) bool {
	at := run.at
	run.failed(verdict{step: pause})
	run.at = at
	run.waits++
	wait := min(c.backoff(run.waits), longestReread)
	c.log.Debug("Kafka Connect request to be sent again", "method", call.method, "path", call.path,
		"attempt", run.made, "reason", "the worker does not show yet what was just written", "wait", wait)
	if c.pause(ctx, wait) != nil {
		return false
	}
	c.seekLeader(run, call)
	return true
}

// recent remembers what this client has written, by connector.
type recent struct {
	mu    sync.Mutex
	wrote map[string]change
}

type change struct {
	exists bool
	until  time.Time
}

// note remembers that a connector exists from now on, or no more.
func (r *recent) note(name string, exists bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	if r.wrote == nil {
		r.wrote = map[string]change{}
	}
	r.wrote[name] = change{exists: exists, until: now.Add(written)}
}

func (r *recent) forget(now time.Time) {
	for name, change := range r.wrote {
		if !now.Before(change.until) {
			delete(r.wrote, name)
		}
	}
}

// isStale says whether an answer about one connector is from before the last change.
func (r *recent) isStale(name, method string, got answer, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	change, known := r.wrote[name]
	if !known || got.err != nil {
		return false
	}
	if change.exists {
		return got.status == http.StatusNotFound
	}
	return method == http.MethodGet && got.status == http.StatusOK
}

// isStaleListing is isStale for a listing: names, or an object by name.
func (r *recent) isStaleListing(got answer, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	if len(r.wrote) == 0 || got.err != nil || got.status != http.StatusOK {
		return false
	}
	listed, ok := namesIn(got.body)
	for name, change := range r.wrote {
		if ok && listed[name] != change.exists {
			return true
		}
	}
	return false
}

func namesIn(listing []byte) (names map[string]bool, ok bool) {
	names = map[string]bool{}
	var array []string
	if json.Unmarshal(listing, &array) == nil {
		for _, name := range array {
			names[name] = true
		}
		return names, true
	}
	var object map[string]json.RawMessage
	err := json.Unmarshal(listing, &object)
	for name := range object {
		names[name] = true
	}
	return names, err == nil
}
