package worker_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/properties"
	"connectcharms/provider-charm/internal/worker"
)

func TestThePropertiesInTheDocsAreTaken(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/operate.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```properties\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, block)
	extra, err := properties.Parse(string(block[1]))
	require.NoError(t, err)
	assert.NotEmpty(t, extra)
	assert.NoError(t, worker.CheckExtra(extra))
}
