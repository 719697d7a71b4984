package source

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"
)

// Following is how a source is followed.
type Following struct {
	// Interval is what passes between two looks when nothing happens. After a failure it looks sooner.
	Interval time.Duration
	// Pokes make it look now: a webhook, a person. What comes while it looks, or while the caller is busy, makes one more look.
	Pokes <-chan struct{}
	// Check is the parser's word: whether the data is a document. One that is none may have been read in mid-write: it is fetched once
	// more before it is handed on. Nil: not asked.
	Check func(data []byte) error
	// Log hears of a source that cannot be watched, and is only polled. Nil: nobody.
	Log *slog.Logger
}

// Look is what one look at a source brought.
type Look struct {
	At time.Time
	// Document is a new one if Changed; else the one of before, with no data before there was any.
	Document Document
	Changed  bool
	// Err says why this look brought nothing, which has been so Since. A document that has not changed is no error.
	Err   error
	Since time.Time
}

const (
	// gap is the least that passes between two looks, whoever pokes.
	gap = time.Second
	// patience is what passes after a first failure; twice as much after each further one, up to Interval.
	patience = 5 * time.Second
	// longestLater bounds how long a server may ask to be left alone.
	longestLater = time.Hour
	// settleAgain is what passes before a document that does not parse is fetched once more.
	settleAgain = time.Second
)

// Follow looks at the source at once, and then whenever the interval is over, somebody pokes, or the source tells of a change by itself. It
// ends with the context, or when the caller breaks off. All runs in the caller's goroutine, but for the watching, which has ended when the
// loop has.
func Follow(ctx context.Context, source Source, following Following) iter.Seq[Look] {
	return func(yield func(Look) bool) {
		ctx, end := context.WithCancel(ctx)
		changes, watched := following.watch(ctx, source)
		defer func() {
			end()
			<-watched
		}()
		var last Look
		for failures := 0; ; {
			look := following.look(ctx, source, last)
			if ctx.Err() != nil || !yield(look) {
				return
			}
			if failures++; look.Err == nil {
				failures = 0
			}
			least, most := pauses(following.Interval, failures, look.Err)
			if !following.pause(ctx, least, most, changes) {
				return
			}
			last = look
		}
	}
}

func (f Following) look(ctx context.Context, source Source, last Look) Look {
	document, err := f.fetch(ctx, source, last.Document.Revision)
	now := Look{At: time.Now(), Document: last.Document}
	switch {
	case err == nil:
		now.Document, now.Changed = document, true
	case errors.Is(err, ErrUnchanged):
	default:
		now.Err, now.Since = err, last.Since
		if last.Err == nil {
			now.Since = now.At
		}
	}
	return now
}

// fetch takes a second look at a document that does not parse.
func (f Following) fetch(ctx context.Context, source Source, have Revision) (Document, error) {
	document, err := source.Fetch(ctx, have)
	if err != nil || f.Check == nil || f.Check(document.Data) == nil || wait(ctx, settleAgain) != nil {
		return document, err
	}
	again, err := source.Fetch(ctx, document.Revision)
	if errors.Is(err, ErrUnchanged) {
		return document, nil
	}
	return again, err
}

// pauses says how long the next look waits at least, whoever pokes, and at most.
func pauses(interval time.Duration, failures int, err error) (least, most time.Duration) {
	least, most = gap, max(interval, gap)
	if failures > 0 {
		most = min(most, patience<<min(failures-1, 20))
	}
	var failure *Error
	if errors.As(err, &failure) && failure.Later > 0 {
		least = max(least, min(failure.Later, longestLater))
	}
	return least, max(least, most)
}

// pause lets the time between two looks pass; false when the context ended.
func (f Following) pause(ctx context.Context, least, most time.Duration, changes <-chan struct{}) bool {
	if wait(ctx, least) != nil {
		return false
	}
	timer := time.NewTimer(most - least)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-f.Pokes:
	case <-changes:
	}
	return true
}

// watch has the source tell of its changes, where it can. What it cannot tell, polling finds.
func (f Following) watch(ctx context.Context, source Source) (changes <-chan struct{}, ended <-chan struct{}) {
	changed, done := make(chan struct{}, 1), make(chan struct{})
	watcher, can := source.(Watcher)
	if !can {
		close(done)
		return nil, done
	}
	go func() {
		defer close(done)
		f.keepWatching(ctx, watcher, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}()
	return changed, done
}

// watchAgain is what passes before a watch that broke is begun anew.
const watchAgain = time.Minute

func (f Following) keepWatching(ctx context.Context, watcher Watcher, changed func()) {
	for {
		err := watcher.Watch(ctx, changed)
		if ctx.Err() != nil {
			return
		}
		if f.Log != nil {
			f.Log.Warn("the state file cannot be watched; it is looked at regularly", "source", watcher.String(), "error", err)
		}
		if wait(ctx, watchAgain) != nil {
			return
		}
	}
}
