package connect

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Only the leader of a Connect group changes connectors. Another worker sends
// such a request on, which costs: a deletion takes 0.36 s and not 0.03 s, a
// creation 0.045 s and not 0.017 s (of stopped ones; three workers of 4.3.1).
// Workers understand ?forward=false, with which they use it between each other:
// who does not lead refuses at once. So a client with several endpoints
//
//	asks the endpoint that led last, then the others, directly
//	   │ one of them leads: it has done it, and is remembered
//	   └ none does: any of them, which sends it on, as ever
//
// A refusal says that nothing was done, so nothing is done twice.

// leader remembers which endpoint leads.
type leader struct {
	mu       sync.Mutex
	endpoint int // counted from 1; 0: not known
	// notBefore: no endpoint led, so it is not worth asking until then.
	notBefore time.Time
}

// notSought is for how long a client does without asking directly where no
// endpoint led: the leader may have none, or stand with others behind one.
const notSought = 30 * time.Second

// lookup gives the index of the endpoint that led last, or -1, and whether to ask directly.
func (l *leader) lookup(now time.Time) (endpoint int, seek bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.endpoint - 1, !now.Before(l.notBefore)
}

func (l *leader) found(endpoint int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endpoint, l.notBefore = endpoint+1, time.Time{}
}

// failed notes that an endpoint asked directly has not done it: it does not lead
// (any more), or does not serve. The last one: nor did any before it lead.
func (l *leader) failed(said verdict, last bool, now time.Time) {
	if said.step != next {
		return // the leader may well be who rebalances
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endpoint = 0
	if last && said.reason == notLeading {
		l.notBefore = now.Add(notSought)
	}
}

const (
	notLeading     = "the worker does not lead the group"
	notTwoHopsAway = "Cannot complete request because of a conflicting operation"
)

// isNotLeading knows what a worker answers that must not send a request on
// (HerderRequestHandler, 3.9.1 and 4.3.1).
func isNotLeading(a answer) bool {
	return a.err == nil && a.status == http.StatusConflict && strings.HasPrefix(a.message(), notTwoHopsAway)
}
