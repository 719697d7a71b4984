package image

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

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
	RunUser             string `yaml:"run-user"`
	Parts               map[string]struct {
		BuildPackages []string `yaml:"build-packages"`
		StagePackages []string `yaml:"stage-packages"`
		OverrideBuild string   `yaml:"override-build"`
	}
}

func TestTheRockAndTheContainerfileMakeTheSameImage(t *testing.T) {
	t.Parallel()
	container := read(t, folder, "Containerfile")
	var rock rock
	require.NoError(t, yaml.Unmarshal([]byte(read(t, folder, "rockcraft.yaml")), &rock))
	base := strings.ReplaceAll(rock.Base, "@", ":")
	for _, from := range regexp.MustCompile(`(?m)^FROM docker\.io/library/(\S+)`).FindAllStringSubmatch(container, -1) {
		assert.Equal(t, base, from[1])
	}
	assert.Equal(t, rock.Name, first(t, `image\.title=(\S+)`, container))
	assert.Equal(t, rock.Version, first(t, `image\.version=(\S+)`, container))
	assert.Equal(t, rock.RunUser, first(t, `(?m)^USER (\S+)$`, container))
	packages := regexp.MustCompile(`--no-install-recommends ([a-z0-9 -]+?)(?: &&|\n)`).FindAllStringSubmatch(container, -1)
	require.Len(t, packages, 2)
	assert.Equal(t, rock.Parts["kafka"].BuildPackages, strings.Fields(packages[0][1]))
	assert.Equal(t, rock.Parts["java"].StagePackages, strings.Fields(packages[1][1]))
	assert.Equal(t, rock.Parts["java"].StagePackages, rock.Parts["java"].BuildPackages)
	for _, piece := range []string{"bin", "config", "libs"} {
		assert.Regexp(t, `(?m)^COPY .*\b`+piece+` /`+Kafka+`/`+piece+`$`, container)
	}
	assert.Contains(t, rock.Parts["kafka"].OverrideBuild, `cp -r bin config libs "$CRAFT_PART_INSTALL/`+Kafka+`/"`)
	for _, recipe := range []string{container, rock.Parts["kafka"].OverrideBuild} {
		assert.Contains(t, recipe, "sha256sum --check --strict ../jars.sha256")
	}
}

func TestTheImagesAccountIsTheContainers(t *testing.T) {
	t.Parallel()
	var metadata struct {
		Containers map[string]struct{ UID int }
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "provider-charm/kubernetes/charmcraft.yaml")), &metadata))
	container := read(t, folder, "Containerfile")
	assert.Contains(t, container, "useradd --uid 584792 ", "the number of _daemon_ in every rock")
	assert.Equal(t, 584792, metadata.Containers["kafka-connect"].UID)
}

// What tests run is what the image has: the same Kafka, its jars for a worker, its scripts.
func TestTheImagesKafkaIsTheTestedOne(t *testing.T) {
	t.Parallel()
	version := first(t, `<kafka.version>(\S+)</kafka.version>`, read(t, folder, "pom.xml"))
	assert.Equal(t, version, first(t, `image\.version=(\S+)`, read(t, folder, "Containerfile")))
	recipe := "tests/kafka/distribution/" + version
	tested := strings.Split(strings.TrimSpace(read(t, recipe, "jars.sha256")), "\n")
	for jar := range strings.Lines(strings.TrimSpace(read(t, folder, "jars.sha256"))) {
		assert.Contains(t, tested, strings.TrimSpace(jar))
	}
	for _, script := range []string{"connect-distributed.sh", "kafka-run-class.sh"} {
		assert.Equal(t, read(t, "tests/kafka/distribution/bin", script), read(t, folder, "bin", script))
	}
	assert.Equal(t, read(t, recipe, "config/connect-log4j2.yaml"), read(t, folder, "config/connect-log4j2.yaml"))
}

func TestAJarThatIsNotTheRecordedOneIsRefused(t *testing.T) {
	t.Parallel()
	jars := t.TempDir()
	name := strings.Fields(read(t, folder, "jars.sha256"))[1]
	require.NoError(t, os.WriteFile(filepath.Join(jars, name), []byte("another"), 0o600))
	assert.ErrorContains(t, LayOut(t.TempDir(), jars), "is recorded")
}
