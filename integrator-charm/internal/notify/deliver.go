package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"connectcharms/integrator-charm/internal/store"
)

const (
	atOnce        = 8           // deliveries
	finalAttempts = 5           // of those that are refused for good: a receiver may be about to be set up
	idle          = time.Minute // between looks when nothing is due
	afterFault    = time.Second // of the store
)

// Exponential doubles from 5 s up to 10 minutes, and takes up to a fifth of it off at random.
func Exponential(attempt int) time.Duration {
	const shortest, longest = 5 * time.Second, 10 * time.Minute
	delay := longest
	if doublings := max(attempt-1, 0); doublings < 7 {
		delay = min(shortest<<doublings, longest)
	}
	return delay - rand.N(delay/5)
}

// waits says whether something that is due at a time waits for it. Whoever would wait longer than anybody ever has to, has the time from a
// clock that was ahead and has been put right: that is due.
func waits(due, now time.Time, longest time.Duration) bool {
	wait := due.Sub(now)
	return wait > 0 && wait <= longest
}

// Run delivers what is to be told, until the context ends. Each receiver gets its messages in their order; one that hangs holds up no
// other.
func (n *Notifier) Run(ctx context.Context) error {
	busy := &receiversInUse{names: map[string]bool{}}
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	for ctx.Err() == nil {
		next, err := n.step(ctx, busy, &deliveries)
		delay := idle
		if err != nil && ctx.Err() == nil {
			n.log.Error("owners cannot be told for the moment", "error", err)
			delay = afterFault
		} else if !next.IsZero() {
			delay = min(max(next.Sub(n.now()), 0), idle)
		}
		n.rest(ctx, delay)
	}
	return ctx.Err()
}

func (n *Notifier) rest(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-n.woken:
	case <-timer.C:
	}
}

// step flushes groups and starts what is due. It gives the time of the next thing that will be.
func (n *Notifier) step(ctx context.Context, busy *receiversInUse, deliveries *sync.WaitGroup) (time.Time, error) {
	next, err := n.flush(ctx)
	if err != nil {
		return time.Time{}, err
	}
	outbox, err := n.store.Outbox(ctx)
	if err != nil {
		return time.Time{}, err
	}
	now := n.now()
	for _, delivery := range outbox {
		if waits(delivery.Next, now, longestWait) {
			next = earlier(next, delivery.Next)
			continue
		}
		if !busy.take(delivery.Receiver) {
			continue // it wakes the loop when it is done
		}
		deliveries.Go(func() {
			n.deliver(ctx, delivery)
			busy.free(delivery.Receiver)
			n.wake()
		})
	}
	return next, nil
}

// deliver makes one attempt and notes what came of it. Where that cannot be noted, the message is sent again.
func (n *Notifier) deliver(ctx context.Context, delivery store.Delivery) {
	err := n.attempt(ctx, delivery)
	if ctx.Err() != nil && err != nil {
		return // it was cut off by our own end, and is as it was
	}
	delivery = after(delivery, err, n.now(), n.routes.Load().config.GiveUpAfter, n.backoff)
	log := n.log.With("receiver", delivery.Receiver, "delivery", delivery.ID, "attempt", delivery.Attempts)
	switch {
	case delivery.State == store.GivenUp:
		log.Error("an owner could not be told: given up", "error", err)
	case err != nil:
		log.Warn("an owner could not be told yet", "error", err, "next", delivery.Next)
	default:
		log.Info("an owner was told")
	}
	if err := n.store.Attempted(context.WithoutCancel(ctx), delivery); err != nil {
		log.Error("what came of a delivery is not noted: it is sent again", "error", err)
		n.rest(ctx, afterFault)
	}
}

func (n *Notifier) attempt(ctx context.Context, delivery store.Delivery) error {
	to, err := n.key.addressOf(delivery.Receiver, delivery.Sealed)
	if err != nil {
		return &refusal{why: fmt.Sprintf("its address cannot be read: %v", err), final: true}
	}
	var message Message
	if err := json.Unmarshal(delivery.Document, &message); err != nil {
		return &refusal{why: "the message cannot be read", final: true}
	}
	message.ID = delivery.ID
	return n.routes.Load().send(ctx, to, message)
}

// after is the delivery after an attempt. It is a pure function but for the back-off's chance.
func after(delivery store.Delivery, err error, now time.Time, giveUpAfter time.Duration, backoff func(int) time.Duration) store.Delivery {
	delivery.Attempts++
	if err == nil {
		delivery.State, delivery.Ended, delivery.Error, delivery.Next = store.Delivered, now, "", time.Time{}
		return delivery
	}
	delivery.Error = cut(oneLine(err.Error()), longestLine)
	if errors.Is(err, context.DeadlineExceeded) {
		delivery.Error = "no answer in time"
	}
	if isFinal(err) && delivery.Attempts >= finalAttempts || now.Sub(delivery.Created) >= giveUpAfter {
		delivery.State, delivery.Ended, delivery.Next = store.GivenUp, now, time.Time{}
		return delivery
	}
	delivery.Next = now.Add(max(backoff(delivery.Attempts), asksToWait(err)))
	return delivery
}

// receiversInUse has each receiver served by one at a time, and not too many at once.
type receiversInUse struct {
	mu    sync.Mutex
	names map[string]bool
}

func (r *receiversInUse) take(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names[name] || len(r.names) >= atOnce {
		return false
	}
	r.names[name] = true
	return true
}

func (r *receiversInUse) free(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.names, name)
}
