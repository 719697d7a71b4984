package source

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// script is a source whose answers are written down; the last one stays.
type script struct {
	mu      sync.Mutex
	answers []any // text of a document, or an error
	asked   int
}

func says(answers ...any) *script { return &script{answers: answers} }

func (s *script) String() string { return "script" }

func (s *script) Fetch(_ context.Context, have Revision) (Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := s.answers[min(s.asked, len(s.answers)-1)]
	s.asked++
	if err, is := answer.(error); is {
		return Document{}, err
	}
	text := answer.(string)
	if Revision(text) == have {
		return Document{}, ErrUnchanged
	}
	return Document{Data: []byte(text), Revision: Revision(text)}, nil
}

// following is one Follow in a bubble, in which time passes when all wait.
type following struct {
	began time.Time
	looks chan Look
	stop  func()
}

func follow(t *testing.T, source Source, how Following) *following {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f, ended := &following{began: time.Now(), looks: make(chan Look)}, make(chan struct{})
	go func() {
		defer close(ended)
		for look := range Follow(ctx, source, how) {
			select {
			case f.looks <- look:
			case <-ctx.Done():
			}
		}
	}()
	f.stop = func() {
		cancel()
		<-ended
	}
	return f
}

// after gives the next look, which is to be that long after the beginning.
func (f *following) after(t *testing.T, d time.Duration) Look {
	t.Helper()
	look := <-f.looks
	assert.Equal(t, d, time.Since(f.began))
	return look
}

func TestASourceIsLookedAtAtOnceAndAtEachInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, says("one", "one", "two"), Following{Interval: time.Minute})
		defer f.stop()
		look := f.after(t, 0)
		assert.True(t, look.Changed)
		assert.Equal(t, "one", string(look.Document.Data))
		look = f.after(t, time.Minute)
		assert.False(t, look.Changed)
		require.NoError(t, look.Err)
		assert.Equal(t, "one", string(look.Document.Data), "what was fetched last is still there")
		look = f.after(t, 2*time.Minute)
		assert.True(t, look.Changed)
		assert.Equal(t, "two", string(look.Document.Data))
	})
}

func TestAPokeLooksAtOnceButNotMoreThanOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pokes := make(chan struct{}, 1)
		f := follow(t, says("one"), Following{Interval: time.Hour, Pokes: pokes})
		defer f.stop()
		f.after(t, 0)
		time.Sleep(10 * time.Second)
		pokes <- struct{}{}
		f.after(t, 10*time.Second)
		for range 50 {
			notify(pokes)
		}
		f.after(t, 11*time.Second)
		f.after(t, 11*time.Second+time.Hour)
	})
}

func TestAFailureIsTriedAgainSoonerAndSaysSinceWhen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := failed(Unreachable, "down")
		f := follow(t, says("one", down, down, down, down, down, "two", "two", down), Following{Interval: time.Minute})
		defer f.stop()
		f.after(t, 0)
		failedAt := time.Minute
		for _, d := range []time.Duration{0, 5 * time.Second, 15 * time.Second, 35 * time.Second, 75 * time.Second} {
			look := f.after(t, failedAt+d)
			require.ErrorIs(t, look.Err, down)
			assert.Equal(t, failedAt, look.Since.Sub(f.began))
			assert.Equal(t, "one", string(look.Document.Data))
			assert.False(t, look.Changed)
		}
		back := failedAt + 135*time.Second
		look := f.after(t, back)
		require.NoError(t, look.Err)
		assert.True(t, look.Since.IsZero())
		assert.Equal(t, "two", string(look.Document.Data))
		f.after(t, back+time.Minute)
		look = f.after(t, back+2*time.Minute)
		assert.Equal(t, back+2*time.Minute, look.Since.Sub(f.began), "a new outage begins")
	})
}

func TestAServerThatAsksToBeLeftAloneIsWhoeverPokes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy, greedy := failed(Busy, "later"), failed(Busy, "never")
		busy.Later, greedy.Later = 10*time.Minute, 1000*time.Hour
		pokes := make(chan struct{}, 1)
		f := follow(t, says(busy, greedy, "one"), Following{Interval: time.Minute, Pokes: pokes})
		defer f.stop()
		f.after(t, 0)
		notify(pokes)
		f.after(t, 10*time.Minute)
		f.after(t, 10*time.Minute+longestLater)
	})
}

func TestWhatDoesNotParseIsLookedAtOnceMoreBeforeItIsHandedOn(t *testing.T) {
	t.Parallel()
	numbers := func(data []byte) error {
		_, err := strconv.Atoi(string(data))
		return err
	}
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, says("1", "half", "2", "wrong"), Following{Interval: time.Minute, Check: numbers})
		defer f.stop()
		f.after(t, 0)
		look := f.after(t, time.Minute+settleAgain)
		assert.Equal(t, "2", string(look.Document.Data), "half a document is not handed on")
		look = f.after(t, 2*time.Minute+2*settleAgain)
		assert.Equal(t, "wrong", string(look.Document.Data), "what stays as it is, is handed on: people are to be told")
		assert.True(t, look.Changed)
	})
}

// watched is a script that tells of its changes.
type watched struct {
	*script

	begun   chan func() // gets what Watch is to call, each time that it begins
	broken  chan error  // what ends a Watch
	watches sync.WaitGroup
}

func (w *watched) Watch(ctx context.Context, changed func()) error {
	w.watches.Add(1)
	defer w.watches.Done()
	changed()
	select {
	case w.begun <- changed:
	case <-ctx.Done():
		return nil
	}
	select {
	case err := <-w.broken:
		return err
	case <-ctx.Done():
		return nil
	}
}

func TestASourceThatTellsOfAChangeIsLookedAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &watched{script: says("one", "two"), begun: make(chan func()), broken: make(chan error)}
		var log bytes.Buffer
		f := follow(t, source, Following{Interval: time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))})
		f.after(t, 0)
		changed := <-source.begun
		f.after(t, gap) // the watch's first word
		time.Sleep(10 * time.Second)
		changed()
		f.after(t, gap+10*time.Second)

		source.broken <- errors.New("no inotify")
		changed = <-source.begun
		assert.Equal(t, gap+10*time.Second+watchAgain, time.Since(f.began), "a watch that broke begins anew")
		assert.Contains(t, log.String(), "no inotify")
		f.after(t, gap+10*time.Second+watchAgain)
		f.stop()
		source.watches.Wait() // Follow has waited for it: synctest would find it otherwise
		changed()
	})
}

func TestBreakingOffEndsTheWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &watched{script: says("one"), begun: make(chan func(), 1)}
		for range Follow(t.Context(), source, Following{Interval: time.Hour}) {
			break
		}
		source.watches.Wait()
	})
}
