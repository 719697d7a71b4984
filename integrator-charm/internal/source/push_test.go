package source

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPushConcernsTheSourcesOfItsRepositoryAndRef(t *testing.T) {
	t.Parallel()
	github := Push{
		Repositories: []string{"Octo-Org/connectors", "https://github.com/Octo-Org/connectors.git", "git@github.com:Octo-Org/connectors.git", ""},
		Ref:          "refs/heads/develop", Default: "main",
	}
	toMain, ofTag := github, github
	toMain.Ref, ofTag.Ref = "refs/heads/main", "refs/tags/v1"
	cases := []struct {
		push     Push
		address  string
		concerns bool
	}{
		{github, "github://octo-org/connectors/state.yaml?ref=develop", true},
		{github, "github://octo-org/connectors/state.yaml?ref=refs/heads/develop", true},
		{github, "github://octo-org/connectors/state.yaml?ref=dev", false},
		{github, "github://octo-org/connectors/state.yaml", false},
		{toMain, "github://octo-org/connectors/state.yaml", true},
		{ofTag, "github://octo-org/connectors/state.yaml?ref=v1", true},
		{github, "github://octo-org/connectors-2/state.yaml?ref=develop", false},
		{github, "git+https://github.com/octo-org/connectors.git//state.yaml?ref=develop", true},
		{github, "git+https://github.com/octo-org/connectors//state.yaml?ref=develop", true},
		{github, "git+ssh://git@github.com:22/octo-org/connectors.git//state.yaml?ref=develop", true},
		{github, "git+https://git.example.org/octo-org/connectors.git//state.yaml?ref=develop", false},
		{Push{}, "github://octo-org/connectors/state.yaml", true},
		{Push{Repositories: []string{"octo-org/connectors"}}, "github://octo-org/connectors/state.yaml?ref=v1", true},
		// Where a push came from says nothing about these.
		{github, "state.yaml", true},
		{github, "s3://bucket/state.yaml", true},
		{github, "https://example.org/state.yaml", true},
		{github, "git+file:///srv/state.git//state.yaml", true},
	}
	for _, c := range cases {
		source, err := Parse(c.address, Options{Env: func(string) (string, bool) { return "", false }})
		require.NoError(t, err)
		assert.Equal(t, c.concerns, c.push.Concerns(source), "%s to %s", c.push.Ref, c.address)
	}
}
