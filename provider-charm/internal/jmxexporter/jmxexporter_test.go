package jmxexporter_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/provider-charm/internal/jmxexporter"
)

// attach makes a file as an operator attaches it.
func attach(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "resource.jar")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return file
}

func jar(t *testing.T, manifest string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	file, err := archive.Create("META-INF/MANIFEST.MF")
	require.NoError(t, err)
	_, err = file.Write([]byte(manifest))
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	return out.Bytes()
}

func agent(t *testing.T, version string) []byte {
	return jar(t, "Manifest-Version: 1.0\r\nImplementation-Version: "+version+"\r\nPremain-Class: io.prometheus.jmx.JavaAgent\r\n")
}

func option(t *testing.T, dir string) string {
	t.Helper()
	option, err := jmxexporter.Option(dir, "/seen", "127.0.0.1")
	require.NoError(t, err)
	return option
}

func TestAnAttachedAgentBecomesAnOptionOfTheJVM(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "agent")
	assert.Empty(t, option(t, dir))
	require.NoError(t, jmxexporter.Install(dir, attach(t, agent(t, "1"))))
	first := option(t, dir)
	assert.Regexp(t, `^-javaagent:/seen/agent-[0-9a-f]{12}\.jar=127\.0\.0\.1:8086:/seen/rules-[0-9a-f]{12}\.yaml$`, first)
	files, err := filepath.Glob(filepath.Join(dir, "agent-*.jar"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	info, err := os.Stat(files[0])
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode(), "the worker runs as another user")

	require.NoError(t, jmxexporter.Install(dir, attach(t, agent(t, "2"))))
	second := option(t, dir)
	assert.NotEqual(t, first, second, "another jar is another setting")
	assert.FileExists(t, files[0], "the worker that runs has the old one")

	require.NoError(t, jmxexporter.Install(dir, attach(t, nil)))
	assert.Empty(t, option(t, dir))
	require.NoError(t, jmxexporter.Install(dir, ""))
	assert.Empty(t, option(t, dir))
}

func TestWhatIsNoAgentChangesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content []byte
		problem string
	}{
		"text":        {[]byte("<html>404</html>"), "the resource jmx-exporter is not a jar"},
		"library":     {jar(t, "Manifest-Version: 1.0\r\n"), "the resource jmx-exporter is not a Java agent"},
		"half a jar":  {agent(t, "1")[:40], "the resource jmx-exporter is not a jar"},
		"no manifest": {[]byte("PK\x05\x06" + string(make([]byte, 18))), "the resource jmx-exporter is a jar without a manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, jmxexporter.Install(dir, attach(t, agent(t, "1"))))
			before := option(t, dir)
			require.NoError(t, jmxexporter.Install(dir, attach(t, test.content)))
			assert.Equal(t, test.problem+": attach jmx_prometheus_javaagent-*.jar, or an empty file for none", jmxexporter.Problem(dir))
			assert.Equal(t, before, option(t, dir))
			require.NoError(t, jmxexporter.Install(dir, attach(t, agent(t, "1"))))
			assert.Empty(t, jmxexporter.Problem(dir))
		})
	}
}

// That the agent takes the rules, and what it makes of them, is tested on a real worker in tests/e2e.
func TestTheRulesAreOfOneShape(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("rules.yaml")
	require.NoError(t, err)
	var document struct {
		Rules []struct{ Pattern, Name, Help, Type string }
	}
	require.NoError(t, yaml.Unmarshal(text, &document))
	require.NotEmpty(t, document.Rules)
	for _, rule := range document.Rules {
		assert.Regexp(t, `:$`, rule.Pattern, "without its end it would match longer names too")
		assert.Regexp(t, `^kafka_connect_jmx_[a-z_]+$`, rule.Name)
		assert.Equal(t, rule.Type == "COUNTER", len(rule.Name) > 6 && rule.Name[len(rule.Name)-6:] == "_total", rule.Name)
		assert.NotEmpty(t, rule.Help, rule.Name)
	}
}
