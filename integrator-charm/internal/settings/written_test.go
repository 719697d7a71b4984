package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/settings"
)

// The charm writes the file from the same struct.
func TestAStandbyStaysOneWhenItsSettingsAreWritten(t *testing.T) {
	t.Parallel()
	written, err := yaml.Marshal(settings.Settings{Serve: settings.Serve{Active: false, Listen: settings.NoPort}})
	require.NoError(t, err)
	s, err := load(t, string(written))
	require.NoError(t, err)
	assert.False(t, s.Serve.Active)
	assert.True(t, s.Serve.Approvals.IsZero(), "what is not said stays unsaid")
}
