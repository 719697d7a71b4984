package schemas_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/schemas"
)

func TestTheWordsForTLSAreRead(t *testing.T) {
	t.Parallel()
	for word, means := range map[string]bool{
		"enabled": true, "true": true, " True\n": true, "disabled": false, "false": false, "False": false, "": false,
	} {
		is, known := schemas.IsTLS(word)
		assert.True(t, known, "%q", word)
		assert.Equal(t, means, is, "%q", word)
	}
	for _, word := range []string{"yes", "1", "enabled?"} {
		_, known := schemas.IsTLS(word)
		assert.False(t, known, "%q", word)
	}
}
