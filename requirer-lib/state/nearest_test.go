package state

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheNearestNameIsTheOneThatWasMeant(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"pausedd": "paused", "pasued": "paused", "PAUSED": "paused", "aused": "paused", "stat": "state", "sttae": "state", "conf": "config",
		"labl": "labels", "protect": "protected", "no": "", "": "", "paused-since": "", "hunter2": "", strings.Repeat("p", 10_000): "",
	} {
		assert.Equal(t, want, nearest(name, connectorFields), name)
	}
	assert.Equal(t, "aa", nearest("a", []string{"aa", "ab"}), "of equals the first")
	assert.Empty(t, nearest("a", nil))
}

// TestDistanceIsWhatASlowerWayFinds compares with the definition, by recursion.
func TestDistanceIsWhatASlowerWayFinds(t *testing.T) {
	t.Parallel()
	var slow func(a, b string) int
	slow = func(a, b string) int {
		if a == "" || b == "" {
			return len(a) + len(b)
		}
		last, before := len(a)-1, len(b)-1
		steps := slow(a[:last], b[:before])
		if a[last] != b[before] {
			steps++
		}
		steps = min(steps, slow(a[:last], b)+1, slow(a, b[:before])+1)
		if last > 0 && before > 0 && a[last] == b[before-1] && a[last-1] == b[before] {
			steps = min(steps, slow(a[:last-1], b[:before-1])+1)
		}
		return steps
	}
	const seed = 20261123
	random := rand.New(rand.NewPCG(seed, seed))
	word := func() string {
		letters := make([]byte, random.IntN(7))
		for i := range letters {
			letters[i] = "abc"[random.IntN(3)]
		}
		return string(letters)
	}
	for range 500 {
		a, b := word(), word()
		require.Equal(t, slow(a, b), distance(a, b), "%s %s", a, b)
	}
}
