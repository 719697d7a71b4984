package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAHeapThatDoesNotFitIntoItsContainerIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit, heap int
		refused     bool
	}{
		"no limit":        {0, 4096, false},
		"room enough":     {1024, 512, false},
		"just fits":       {768, 512, false},
		"no room beside":  {767, 512, true},
		"more than there": {512, 1024, true},
	} {
		w := &World{Runtime: Runtime{MemoryMiB: c.limit}, Config: Config{HeapMiB: c.heap}}
		w.checkMemory()
		assert.Equal(t, c.refused, w.Config.Problem != "", "%s: %s", name, w.Config.Problem)
	}
	w := &World{Runtime: Runtime{MemoryMiB: 512}, Config: Config{HeapMiB: 512}}
	w.checkMemory()
	assert.Equal(t, "config worker-heap is 512 MiB, which takes 768 in all, and the container's limit is 512: lower it, or deploy with the constraint mem=768M", w.Config.Problem)
	w.Config.Problem = "another"
	w.checkMemory()
	assert.Equal(t, "another", w.Config.Problem)
}

func TestAContainersLimitIsReadInBothVersionsOfControlGroups(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"max\n": 0, "9223372036854771712\n": 0, "805306368\n": 768, "": 0, "what": 0, "-1": 0,
	} {
		assert.Equal(t, want, limitIn(text), text)
	}
}
