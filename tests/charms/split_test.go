package charms

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sample = `# about the file
name: sample
type: charm
title: A sample
summary: one line
description: |
  first

    indented
platforms:
  ubuntu@24.04:amd64:
  ubuntu@24.04:arm64:
# about the parts
parts:
  charm: {plugin: nil}
links:
  contact: team@example.org
  documentation: https://example.org/docs
  source: [https://example.org/code]
assumes:
  - juju >= 3.3
peers:
  cluster: {interface: sample_cluster}
config:
  options:
    version: {type: string, default: "1.10", description: stays a string}
actions:
  backup:
    description: copy what is there
`

func TestEachKeyGoesToTheFileThatJujuReadsItFrom(t *testing.T) {
	t.Parallel()
	p, err := parseProject([]byte(sample))
	require.NoError(t, err)
	got, err := p.split()
	require.NoError(t, err)
	require.Len(t, got, 3)
	assert.Equal(t, `name: sample
display-name: A sample
summary: one line
description: |
    first

      indented
maintainers:
    - team@example.org
docs: https://example.org/docs
source: ['https://example.org/code']
assumes:
    - juju >= 3.3
peers:
    cluster: {interface: sample_cluster}
`, string(got["metadata.yaml"]))
	assert.Equal(t, `options:
    version: {type: string, default: "1.10", description: stays a string}
`, string(got["config.yaml"]))
	assert.Equal(t, `backup:
    description: copy what is there
`, string(got["actions.yaml"]))
}

func TestTheManifestHasTheBaseOfThePlatform(t *testing.T) {
	t.Parallel()
	p, err := parseProject([]byte(sample))
	require.NoError(t, err)
	require.Len(t, p.platformsFor("arm64"), 1)
	text, err := manifest(p.platformsFor("arm64")...)
	require.NoError(t, err)
	assert.Contains(t, string(text), `bases:
    - name: ubuntu
      channel: "24.04"
      architectures:
        - arm64
`)
	assert.Empty(t, p.platformsFor("s390x"))
}

func TestWhatWouldBeMissingFromTheCharmIsAnError(t *testing.T) {
	t.Parallel()
	for text, problem := range map[string]string{
		"name: a\ncharm-libs: []\n":                         `line 2: key "charm-libs": say in tests/charms which of the charm's files it goes to`,
		"links:\n  donate: x\n":                             `line 2: link "donate": it is none that Charmhub shows`,
		"platforms:\n  amd64:\n":                            `line 2: platform "amd64": write it as BASE@CHANNEL:ARCHITECTURE`,
		"platforms:\n  ubuntu@24.04:amd64: {build-on: x}\n": "and nothing below it",
		"- name\n": "it is not a mapping",
		"":         "it is not a mapping",
	} {
		_, err := parseProject([]byte(text))
		assert.ErrorContains(t, err, problem, "%q", text)
	}
}

func TestTheLinksInContributingAreTaken(t *testing.T) {
	t.Parallel()
	root, err := Repository()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(links:.*?)```").FindSubmatch(text)
	require.NotNil(t, block)
	_, err = parseProject(append([]byte("name: a\n"), block[1]...))
	assert.NoError(t, err)
}
