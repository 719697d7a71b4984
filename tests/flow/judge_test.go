package flow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestALaneTellsWhatCameTwiceWhatNeverAndForHowLongNone(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	at := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	of := &lane{first: 5, seen: map[int]bool{}}
	for _, record := range []struct{ number, second int }{{5, 0}, {6, 1}, {4, 4}, {5, 5}, {6, 5}, {9, 6}} {
		assert.False(t, of.take(record.number, at(record.second), at(10)))
	}
	assert.True(t, of.take(10, at(11), at(10)), "this one is past the end")
	assert.Equal(t, Judgement{Gaps: []time.Duration{5 * time.Second}, Twice: 3, Missed: 2}, judge(map[int32]*lane{0: of}))
}
