package pattern_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/pattern"
)

func TestPatternsAreForWholeNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, text string
		fits          bool
	}{
		{"orders", "orders", true},
		{"orders", "orders-2", false},
		{"*", "", true},
		{"pay*", "pay/orders.v1", true},
		{"pay?orders", "pay/orders", true},
		{"[a-c]*", "beta", true},
		{`\*`, "*", true},
		{`\*`, "a", false},
		{"", "a", false},
		{"[a", "[a", false},
		{"*ä*", "Kläranlage", true},
	} {
		assert.Equal(t, test.fits, pattern.Fits(test.pattern, test.text), "%q of %q", test.pattern, test.text)
	}
}

func TestAListOfNoneIsForAnything(t *testing.T) {
	t.Parallel()
	assert.True(t, pattern.FitsAny(nil, "a"))
	assert.True(t, pattern.FitsAny([]string{"b", "a"}, "a"))
	assert.False(t, pattern.FitsAny([]string{"b"}, "a"))
	assert.True(t, pattern.FitsAll(nil, nil))
	assert.False(t, pattern.FitsAll(map[string]string{"k": "*"}, nil))
}

func TestABrokenPatternIsFound(t *testing.T) {
	t.Parallel()
	require.NoError(t, pattern.Check("", "a*", "[a]"))
	require.ErrorContains(t, pattern.Check("a", "a[b"), `"a[b" is no pattern`)
}

// A pattern of many stars is no way to keep the manager busy.
func FuzzFits(f *testing.F) {
	f.Add("a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Add("[]-x]", "/\x00")
	f.Fuzz(func(t *testing.T, text, name string) {
		if pattern.Fits(text, name) {
			assert.NoError(t, pattern.Check(text))
		}
	})
}
