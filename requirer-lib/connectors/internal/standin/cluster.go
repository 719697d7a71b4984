// Package standin is a Kafka Connect cluster for tests: its REST interface over connectors in memory, answering as
// Kafka Connect 4.3.1 does, without Java and in no time. What it answers is held against real workers in tests/connectors.
//
// A test says what goes wrong: a refusal, a task that fails, tasks that take their time, an interface that answers no
// one. There are no records, no plugins and no offsets in it.
package standin

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	"connectcharms/requirer-lib/connect"
)

// Cluster is a running one.
type Cluster struct {
	URL string

	server     *httptest.Server
	mu         sync.Mutex
	password   string
	connectors map[string]*connector
	requests   []string
	refusals   map[string]Refusal // by connector; of all: ""
	lag        int
	strict     bool // knows no initial_state
	meanwhile  func()
}

// connector is one as it is. What its tasks do follows from target, unless they have failed.
type connector struct {
	config map[string]string
	target connect.State
	starts int            // how often it was started
	lag    int            // listings until its tasks have a worker
	failed map[int]string // traces by task; that of the connector itself: -1
	tasks  int            // that it has: a connector that never ran has none
	hidden int            // listings in which it has no worker itself

	failsAgain bool
	stale      bool // the next listing still shows what had failed before the last start
}

// itself stands for the connector among its tasks.
const itself = -1

// Refusal is an answer that says no.
type Refusal struct {
	Status  int // of HTTP
	Message string
	Method  string // that is refused; empty: all that change something
}

// Start starts a cluster without connectors that lets everyone in. Close it.
func Start() *Cluster {
	c := &Cluster{connectors: map[string]*connector{}, refusals: map[string]Refusal{}}
	c.server = httptest.NewServer(c)
	c.URL = c.server.URL
	return c
}

// Close ends it.
func (c *Cluster) Close() { c.server.Close() }

// SetPassword lets in only who has this password, with whatever user name; empty: everyone.
func (c *Cluster) SetPassword(password string) { c.change(func() { c.password = password }) }

// Refuse answers no to changes of a connector (or, where the name is empty, of all), until it is given the zero Refusal.
func (c *Cluster) Refuse(name string, refusal Refusal) {
	c.change(func() { c.refusals[name] = refusal })
}

// Lag has tasks without a worker for as many listings after each start, as while workers share them out.
func (c *Cluster) Lag(listings int) { c.change(func() { c.lag = listings }) }

// KnowNoInitialState has the cluster be one from before KIP-980: Kafka Connect 3.6.
func (c *Cluster) KnowNoInitialState() { c.change(func() { c.strict = true }) }

// Meanwhile is called once, before the next change of a connector is carried out: for what another does at the same time.
func (c *Cluster) Meanwhile(do func()) { c.change(func() { c.meanwhile = do }) }

// Put makes a connector or gives it another configuration, as somebody else.
func (c *Cluster) Put(name string, config map[string]string) {
	c.change(func() { c.put(name, config) })
}

// SetState has a connector run, be paused or stopped, as somebody else.
func (c *Cluster) SetState(name string, state connect.State) {
	c.change(func() { c.connectors[name].move(state, c.lag) })
}

// FailTask has a task fail; an empty trace has it run again.
func (c *Cluster) FailTask(name string, task int, trace string) {
	c.change(func() { c.connectors[name].fail(task, trace) })
}

// Fail has a connector itself fail; an empty trace has it run again.
func (c *Cluster) Fail(name, trace string) { c.FailTask(name, itself, trace) }

// FailAgain has what has failed of a connector fail again in spite of restarts.
func (c *Cluster) FailAgain(name string) { c.change(func() { c.connectors[name].failsAgain = true }) }

// ShowLate has the first listing after a connector's next start still show what had failed before it.
func (c *Cluster) ShowLate(name string) { c.change(func() { c.connectors[name].stale = true }) }

// Hide has a connector that somebody has brought to a state show UNASSIGNED for as many listings, as in a rebalance.
func (c *Cluster) Hide(name string, state connect.State, listings int) {
	c.change(func() {
		c.connectors[name].move(state, c.lag)
		c.connectors[name].hidden = listings
	})
}

// Delete deletes a connector, as somebody else.
func (c *Cluster) Delete(name string) { c.change(func() { delete(c.connectors, name) }) }

// Names are those of all connectors, sorted.
func (c *Cluster) Names() (names []string) {
	c.change(func() { names = slices.Sorted(maps.Keys(c.connectors)) })
	return names
}

// Config is a connector's configuration; nil where there is none of the name.
func (c *Cluster) Config(name string) (config map[string]string) {
	c.change(func() {
		if connector := c.connectors[name]; connector != nil {
			config = maps.Clone(connector.config)
		}
	})
	return config
}

// Starts is how often a connector was started: each configuration that it is given starts it anew.
func (c *Cluster) Starts(name string) (number int) {
	c.change(func() { number = c.connectors[name].starts })
	return number
}

// TakeWrites gives the requests that have changed something since it was last called, each as "PUT name/pause".
func (c *Cluster) TakeWrites() (writes []string) {
	for _, request := range c.TakeRequests() {
		if !strings.HasPrefix(request, "GET") {
			writes = append(writes, request)
		}
	}
	return writes
}

// TakeRequests gives all requests since TakeWrites or it was last called.
func (c *Cluster) TakeRequests() (requests []string) {
	c.change(func() { requests, c.requests = c.requests, nil })
	return requests
}

func (c *Cluster) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
}

func (c *Cluster) put(name string, config map[string]string) *connector {
	one := c.connectors[name]
	if one == nil {
		one = &connector{target: connect.Running}
		c.connectors[name] = one
	}
	one.config = maps.Clone(config)
	one.config["name"] = name
	one.start(c.lag)
	return one
}

// start has the connector run with its configuration, if it is to run. Tasks are made only then.
func (c *connector) start(lag int) {
	c.starts++
	c.lag = lag
	if !c.failsAgain && !c.stale {
		c.failed = map[int]string{}
	}
	if c.target == connect.Running {
		c.tasks = 1
		if number, err := strconv.Atoi(c.config["tasks.max"]); err == nil {
			c.tasks = number
		}
	}
}

// move brings it to a state. One that has failed notes a pause, and stays FAILED until it is restarted.
func (c *connector) move(state connect.State, lag int) {
	wasAtRest := c.target != connect.Running
	c.target = state
	switch {
	case state == connect.Stopped:
		c.failed, c.tasks = map[int]string{}, 0
	case state == connect.Running && wasAtRest && c.failed[itself] == "":
		failed := c.failed
		c.start(lag)
		c.failed = failed // resuming is no restart
	}
}

func (c *connector) fail(task int, trace string) {
	if trace == "" {
		delete(c.failed, task)
		return
	}
	c.failed[task] = trace
}
