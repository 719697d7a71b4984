package charms

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const variant = `name: sample-k8s
type: charm
title: A sample on Kubernetes
charm-user: non-root
containers:
  work: {uid: 584792}
`

func TestAVariantHasTheEndpointsOptionsAndActionsOfItsCharm(t *testing.T) {
	t.Parallel()
	base, err := parseProject([]byte(sample))
	require.NoError(t, err)
	own, err := parseProject([]byte(variant))
	require.NoError(t, err)
	whole, err := own.sharing(base)
	require.NoError(t, err)
	got, err := whole.split()
	require.NoError(t, err)
	assert.Equal(t, `name: sample-k8s
display-name: A sample on Kubernetes
charm-user: non-root
containers:
    work: {uid: 584792}
description: |
    first

      indented
maintainers:
    - team@example.org
docs: https://example.org/docs
source: ['https://example.org/code']
peers:
    cluster: {interface: sample_cluster}
`, string(got["metadata.yaml"]))
	of, err := base.split()
	require.NoError(t, err)
	assert.Equal(t, string(of["config.yaml"]), string(got["config.yaml"]))
	assert.Equal(t, string(of["actions.yaml"]), string(got["actions.yaml"]))

	own, err = parseProject([]byte(variant + "peers:\n  cluster: {interface: other}\n"))
	require.NoError(t, err)
	_, err = own.sharing(base)
	assert.ErrorContains(t, err, `line 7: key "peers" is that of the charm it is a variant of`)
}

// Charmcraft gets one file with everything: what is packed from it is what is packed here.
func TestCharmcraftGetsTheWholeVariant(t *testing.T) {
	archive := packed(t, "amd64")["kafka-connect-k8s"]
	text, err := os.ReadFile(filepath.Join(filepath.Dir(archive.Path), "charmcraft.yaml"))
	require.NoError(t, err)
	project, err := parseProject(text)
	require.NoError(t, err)
	got, err := project.split()
	require.NoError(t, err)
	for name, content := range got {
		unpacked, err := os.ReadFile(filepath.Join(filepath.Dir(archive.Path), "unpacked/amd64/kafka-connect-k8s", name))
		require.NoError(t, err)
		assert.Equal(t, string(unpacked), string(content), name)
	}
	assert.Contains(t, got, "config.yaml")
	assert.Contains(t, string(text), "unpacked/$CRAFT_ARCH_BUILD_FOR/kafka-connect-k8s")
}
