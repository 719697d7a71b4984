package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
)

func read(t *testing.T, path ...string) string {
	t.Helper()
	root, err := charms.Repository()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	require.NoError(t, err)
	return string(text)
}

// first is what an expression's group finds in a text, which has to be there.
func first(t *testing.T, expression, text string) string {
	t.Helper()
	found := regexp.MustCompile(expression).FindStringSubmatch(text)
	require.NotNil(t, found, expression)
	return found[1]
}

type rock struct {
	Name, Version, Base string
	BuildBase           string `yaml:"build-base"`
	RunUser             string `yaml:"run-user"`
	Parts               map[string]struct {
		BuildPackages []string `yaml:"build-packages"`
		OverrideBuild string   `yaml:"override-build"`
	}
}

// scripts are those of the recipe that a text runs, in their order.
func scripts(text string) []string {
	return regexp.MustCompile(`\b(system|account|kafka)\.sh\b`).FindAllString(text, -1)
}

func TestAllBuildersMakeTheSameImage(t *testing.T) {
	t.Parallel()
	container, debian := read(t, folder, "Containerfile"), read(t, "tests/image/debian.sh")
	var rock rock
	require.NoError(t, yaml.Unmarshal([]byte(read(t, folder, "rockcraft.yaml")), &rock))
	part := rock.Parts["kafka-connect"]
	assert.Equal(t, rock.Name, first(t, `image\.title=(\S+)`, container))
	assert.Equal(t, rock.Version, first(t, `image\.version=(\S+)`, container))
	assert.Equal(t, strings.ReplaceAll(rock.BuildBase, "@", ":"), first(t, `FROM docker\.io/library/(\S+) AS build`, container))
	assert.Equal(t, "bare", rock.Base)
	assert.Contains(t, container, "\nFROM scratch\n")
	packages := strings.Fields(first(t, `--no-install-recommends (.*)`, container))
	assert.Equal(t, packages, part.BuildPackages)
	assert.Equal(t, packages, strings.Split(strings.Replace(first(t, `--include=(\S+)`, debian), ",", ",maven,", 1), ","), "Maven runs on the host")

	assert.Equal(t, []string{"system.sh", "account.sh", "kafka.sh"}, scripts(container))
	assert.Equal(t, []string{"system.sh", "kafka.sh"}, scripts(part.OverrideBuild), "run-user makes the account")
	assert.Equal(t, "_daemon_", rock.RunUser)
	instructions := regexp.MustCompile(`(?m)^[^#].*`).FindAllString(debian, -1)
	assert.Equal(t, []string{"system.sh", "account.sh"}, scripts(strings.Join(instructions, "\n")))
}

func TestTheImagesAccountIsTheContainers(t *testing.T) {
	t.Parallel()
	var metadata struct {
		Containers map[string]struct{ UID int }
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "provider-charm/kubernetes/charmcraft.yaml")), &metadata))
	const daemon = "584792" // the number of _daemon_ in every rock
	assert.Equal(t, daemon, strconv.Itoa(metadata.Containers["kafka-connect"].UID))
	assert.Equal(t, daemon, first(t, `(?m)^USER (\S+)$`, read(t, folder, "Containerfile")))
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "etc"), 0o755))
	recipe, err := readRecipe()
	require.NoError(t, err)
	require.NoError(t, run(t.Context(), root, filepath.Join(recipe.dir, "account.sh"), root))
	account, err := os.ReadFile(filepath.Join(root, "etc/passwd"))
	require.NoError(t, err)
	fields := strings.Split(string(account), ":")
	require.Len(t, fields, 7)
	assert.Equal(t, []string{"_daemon_", daemon, daemon}, []string{fields[0], fields[2], fields[3]})
	assert.DirExists(t, filepath.Join(root, fields[5]), "Pebble executes nothing without a home")
}

// What tests run is what the image has: the same Kafka, its jars for a worker, its scripts, and the JMX exporter.
func TestTheImagesKafkaIsTheTestedOne(t *testing.T) {
	t.Parallel()
	version := first(t, `<kafka.version>(\S+)</kafka.version>`, read(t, folder, "pom.xml"))
	assert.Equal(t, version, first(t, `image\.version=(\S+)`, read(t, folder, "Containerfile")))
	recipe := "tests/kafka/distribution/" + version
	tested := strings.Split(read(t, recipe, "jars.sha256")+read(t, "tests/kafka/jmxexporter/jars.sha256"), "\n")
	for jar := range strings.Lines(strings.TrimSpace(read(t, folder, "jars.sha256"))) {
		assert.Contains(t, tested, strings.TrimSpace(jar))
	}
	for _, script := range []string{"connect-distributed.sh", "kafka-run-class.sh"} {
		assert.Equal(t, read(t, "tests/kafka/distribution/bin", script), read(t, folder, "bin", script))
	}
	assert.Equal(t, read(t, recipe, "config/connect-log4j2.yaml"), read(t, folder, "config/connect-log4j2.yaml"))
}

func TestTheImagesKafkaHasTheRecordedJarsScriptsAndSettings(t *testing.T) {
	t.Parallel()
	kept, err := cache.Dir()
	require.NoError(t, err)
	root, err := Kafka(t.Context(), kept)
	require.NoError(t, err)
	jars, err := filepath.Glob(filepath.Join(root, "opt/kafka/libs/*"))
	require.NoError(t, err)
	assert.Len(t, jars, strings.Count(read(t, folder, "jars.sha256"), "\n"))
	script, err := os.Stat(filepath.Join(root, "opt/kafka/bin/connect-distributed.sh"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), script.Mode())
	assert.FileExists(t, filepath.Join(root, "opt/kafka/config/connect-log4j2.yaml"))
}

// The worker reads its settings before its properties, of which there are none.
func TestTheImagesWorkerLogs(t *testing.T) {
	t.Parallel()
	kept, err := cache.Dir()
	require.NoError(t, err)
	root, err := Kafka(t.Context(), kept)
	require.NoError(t, err)
	said, err := exec.CommandContext(t.Context(), filepath.Join(root, "opt/kafka/bin/connect-distributed.sh"), os.DevNull).CombinedOutput()
	require.Error(t, err)
	assert.Regexp(t, `^[0-9:.]+ INFO  Kafka Connect worker initializing`, string(said))
}

// Not parallel: it changes PATH.
func TestAJarThatIsNotRecordedIsRefused(t *testing.T) {
	tools, kept := t.TempDir(), t.TempDir()
	mvn := "#!/bin/sh\nfor argument; do case $argument in -DoutputDirectory=*) echo other >\"${argument#*=}/other-1.jar\" ;; esac; done\n"
	require.NoError(t, os.WriteFile(filepath.Join(tools, "mvn"), []byte(mvn), 0o755))
	t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	_, err := Kafka(t.Context(), kept)
	require.ErrorContains(t, err, "> ")
	require.ErrorContains(t, err, "other-1.jar")
	left, err := filepath.Glob(filepath.Join(kept, "*"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.Equal(t, ".lock", filepath.Ext(left[0]))
}
