package manager

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/source"
)

// slow is a source that takes a minute for everything but its first answer.
type slow struct{ asked int }

func (s *slow) String() string { return "slow" }

func (s *slow) Fetch(context.Context, source.Revision) (source.Document, error) {
	if s.asked++; s.asked > 1 {
		time.Sleep(time.Minute)
	}
	return source.Document{Revision: source.Revision(rune('0' + s.asked))}, nil
}

func TestWhatThereIsIsKnownWhileASlowSourceIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		newest := &newest{from: &slow{}, now: time.Now}
		_, err := newest.Fetch(t.Context(), "")
		require.NoError(t, err)
		began := time.Now()
		go func() { _, _ = newest.Fetch(t.Context(), "") }()
		synctest.Wait()
		document, at, err := newest.last()
		require.NoError(t, err)
		assert.Equal(t, source.Revision("1"), document.Revision)
		assert.Equal(t, began, at)
		assert.Zero(t, time.Since(began))
		time.Sleep(time.Minute)
		synctest.Wait()
		document, _, _ = newest.last()
		assert.Equal(t, source.Revision("2"), document.Revision)
	})
}
