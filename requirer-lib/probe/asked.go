package probe

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"connectcharms/requirer-lib/connection"
)

// asked collects what one probe finds. Its methods may be called by many goroutines.
type asked struct {
	part  connection.Part
	vault vault

	mu       sync.Mutex
	user     connection.User
	details  map[string]string
	ends     time.Time // when the token does that we are in with
	failures []failed
}

// failed is what went wrong with one address of a system; that is empty where it is none's.
type failed struct {
	address string
	failure
}

func (a *asked) failed(address string, what *failure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failures = append(a.failures, failed{address, *what})
}

// learned keeps what a system says of itself; "" is nothing.
func (a *asked) learned(name, value string) {
	if value = a.vault.tidy(value); value == "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.details == nil {
		a.details = map[string]string{}
	}
	a.details[name] = value
}

// endedBy is the result where nothing could be asked.
func (a *asked) endedBy(what *failure) connection.Result {
	a.failed("", what)
	return a.result()
}

// anyOf asks all addresses of one system at the same time. It is enough that one serves: then the others are not waited for,
// and their failures are none. ask names its address, as it is told.
func (a *asked) anyOf(ctx context.Context, addresses []string, ask func(ctx context.Context, address string) (name string, failed *failure)) {
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	var asking sync.WaitGroup
	var served atomic.Bool
	failures := make([]failed, len(addresses))
	for i, address := range addresses {
		asking.Go(func() {
			name, what := ask(ctx, address)
			if what == nil {
				served.Store(true)
				enough()
				return
			}
			failures[i] = failed{name, *what}
		})
	}
	asking.Wait()
	if !served.Load() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.failures = append(a.failures, failures...)
	}
}

// result tells it. Of one phase there is one error, which names all addresses.
func (a *asked) result() connection.Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	told := connection.Result{Part: a.part, OK: len(a.failures) == 0}
	if told.OK {
		told.RequiresAuthenticationAt, told.Details = a.ends, a.details
	}
	if a.user != (connection.User{}) {
		told.User = &a.user
	}
	texts, transient := map[connection.Phase][]string{}, map[connection.Phase]bool{}
	for _, one := range a.failures {
		told.Refused = told.Refused || one.refused
		texts[one.phase] = append(texts[one.phase], one.String())
		transient[one.phase] = transient[one.phase] || one.transient
	}
	for phase, all := range texts {
		if told.Errors == nil {
			told.Errors = connection.Errors{}
		}
		told.Errors[phase] = connection.Error{Message: a.vault.tidy(strings.Join(all, "; ")), IsTransient: transient[phase]}
	}
	return told
}

func (f failed) String() string {
	if f.address == "" {
		return f.text
	}
	return f.address + ": " + f.text
}
