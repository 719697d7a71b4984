package notify_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/notify"
)

func TestTheSettingsInTheDocsAreRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/notifications.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(notify:\n.*?)```").FindSubmatch(text)
	require.NotNil(t, block)
	var section struct{ Notify yaml.Node }
	require.NoError(t, yaml.Load(block[1], &section))
	config, err := notify.Decode(section.Notify, t.TempDir())
	require.NoError(t, err)
	assert.Len(t, config.Teams, 2)
	usual, err := notify.Decode(yaml.Node{}, "")
	require.NoError(t, err)
	for _, spans := range [][2]time.Duration{
		{usual.GroupWait, config.GroupWait},
		{usual.GroupInterval, config.GroupInterval},
		{usual.RepeatInterval, config.RepeatInterval},
		{usual.GiveUpAfter, config.GiveUpAfter},
	} {
		assert.Equal(t, spans[0], spans[1], "the docs show what is usual")
	}
}
