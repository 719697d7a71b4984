package model

import (
	"testing"

	"github.com/juju/juju/api"
	"github.com/juju/names/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const testData = "testdata/juju-data"

func TestLoginIsWhatTheJujuCommandKeeps(t *testing.T) {
	t.Parallel()
	const model = "ad97dd76-768b-4c86-8d77-72dc6ac84283"
	found, err := readLogin(testData, "local")
	require.NoError(t, err)
	assert.Equal(t, &api.Info{
		Addrs:    []string{"10.99.77.10:17070"},
		CACert:   "the certificate",
		Tag:      names.NewUserTag("admin"),
		Password: "not a real one",
		ModelTag: names.NewModelTag(model),
	}, found.info(model))
}

func TestLoginSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, directory, controller, want string }{
		{"no files", t.TempDir(), "local", "controllers.yaml: no such file"},
		{"another controller", testData, "other", `no controller "other", only [local]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := readLogin(test.directory, test.controller)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
