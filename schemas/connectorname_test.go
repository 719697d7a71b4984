package schemas_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/schemas"
)

func TestAConnectorsNameTellsItsRelation(t *testing.T) {
	t.Parallel()
	name := schemas.ConnectorName("lines", "12", "59060ecc-0495-4a80-8006-5f1fc13fd783")
	assert.Equal(t, "lines_r12_59060ecc04954a8080065f1fc13fd783", name)
	relation, marked := schemas.ConnectorRelation(name)
	assert.True(t, marked)
	assert.Equal(t, "12", relation)
}

// ConnectorRelation is the contract's expression, whatever the relation id.
func FuzzConnectorRelation(f *testing.F) {
	const uuid = "0123456789abcdef0123456789abcdef"
	for _, name := range []string{"app_r1_" + uuid, "x_r1_r12_" + uuid, "r1_" + uuid, "a\nr1_" + uuid, "ar_" + uuid, "ar1_" + uuid + "\n", "arr1_" + uuid, ""} {
		f.Add(name)
	}
	contract := regexp.MustCompile(`(?s)^.+?r([0-9]+)_[0-9a-f]{32}$`)
	f.Fuzz(func(t *testing.T, name string) {
		relation, marked := schemas.ConnectorRelation(name)
		want := contract.FindStringSubmatch(name)
		require.Equal(t, want != nil, marked, "%q", name)
		if marked {
			assert.Equal(t, want[1], relation)
		}
	})
}
