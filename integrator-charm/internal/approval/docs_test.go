package approval_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/requirer-lib/connectors"
)

func TestTheRulesInTheDocsAreRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/approvals.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(approvals:\n.*?)```").FindSubmatch(text)
	require.NotNil(t, block)
	config := config(t, string(block[1]))
	assert.Len(t, config.Needs(change("pay-orders", connectors.Delete), approval.Subject{Owner: "payments"}), 1)
}
