package control_test

import (
	"context"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"connectcharms/tests/cache"
	"connectcharms/tests/kafka"
)

// expiringSource is the class of the connector in the folder connector.
const expiringSource = "connectcharms.expiring.ExpiringSource"

//go:embed connector
var sources embed.FS

// buildConnector has Maven build the connector, once for each state of its sources, and gives the plugin.path that it is on.
func buildConnector(t *testing.T) (pluginPath string) {
	t.Helper()
	for _, tool := range []string{"mvn", "javac"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s here, which builds the connector: apt-get install maven openjdk-17-jdk-headless", tool)
		}
	}
	kept, err := cache.Dir()
	require.NoError(t, err)
	dir := filepath.Join(kept, "expiring-source-"+digestOfSources(t))
	there := func() bool { _, err := os.Stat(dir); return err == nil }
	require.NoError(t, cache.Once(t.Context(), dir, there, func(building string) error { return build(t.Context(), building) }))
	return dir
}

// digestOfSources is of all that decides what is built.
func digestOfSources(t *testing.T) string {
	t.Helper()
	digest := sha256.New()
	fmt.Fprintln(digest, kafka.DefaultVersion)
	require.NoError(t, fs.WalkDir(sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := sources.ReadFile(path)
		fmt.Fprintf(digest, "%s %x\n", path, sha256.Sum256(content))
		return err
	}))
	return fmt.Sprintf("%x", digest.Sum(nil))[:12]
}

// build leaves the jar alone in the directory building/expiring-source.
func build(ctx context.Context, building string) error {
	if err := os.CopyFS(building, sources); err != nil {
		return err
	}
	project := filepath.Join(building, "connector")
	err := kafka.Maven(ctx, os.Stderr, "building the connector with Maven", "-f", filepath.Join(project, "pom.xml"),
		"-Dkafka.version="+kafka.DefaultVersion, "resources:resources", "compiler:compile", "jar:jar")
	if err != nil {
		return err
	}
	plugin := filepath.Join(building, "expiring-source")
	if err := os.Mkdir(plugin, 0o755); err != nil {
		return err
	}
	jar := "expiring-source.jar"
	if err := os.Rename(filepath.Join(project, "target", jar), filepath.Join(plugin, jar)); err != nil {
		return err
	}
	return os.RemoveAll(project)
}
