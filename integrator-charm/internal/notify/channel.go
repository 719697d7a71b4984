package notify

import (
	"context"
	"errors"
	"time"
)

// attemptPatience is how long one attempt to deliver may take.
const attemptPatience = 15 * time.Second

// refusal is an error of a receiver that says: not now, or never.
type refusal struct {
	why   string
	final bool          // trying again will hardly help
	after time.Duration // it asks to be left alone for that long
}

func (r *refusal) Error() string { return r.why }

func isFinal(err error) bool {
	refused, is := errors.AsType[*refusal](err)
	return is && refused.final
}

func asksToWait(err error) time.Duration {
	if refused, is := errors.AsType[*refusal](err); is {
		return refused.after
	}
	return 0
}

// send delivers a message once. Its error has no address in it.
func (r *routes) send(ctx context.Context, to receiver, message Message) error {
	ctx, cancel := context.WithTimeout(ctx, attemptPatience)
	defer cancel()
	switch to.channel {
	case byMail:
		return r.sendMail(ctx, to, message)
	case byChat:
		return r.sendChat(ctx, to, message)
	case byWebhook:
		return r.sendWebhook(ctx, to, message)
	}
	return &refusal{why: "there is no such way to tell", final: true}
}
