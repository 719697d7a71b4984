package docs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/control"
	"connectcharms/schemas"
)

// fence is a block of code, with its language and what stands in it.
var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// held are the tests that hold blocks to what they are about, by page and language. In each page, a test looks at all of its
// language.
var held = map[string]string{
	"CONTRIBUTING.md yaml":                "TestTheLinksInContributingAreTaken",
	"docs/approvals.md yaml":              "TestTheRulesInTheDocsAreRead",
	"docs/connect-manager.md yaml":        "TestTheConfigurationInTheDocsIsRead",
	"docs/connections.md json":            "TestTheConnectionInTheDocsIsOne",
	"docs/connections.md yaml":            "TestTheSettingsInTheDocsAreRead",
	"docs/control-messages.md json":       "TestCodeInControlMessagesIsOne",
	"docs/control-messages.md properties": "TestCodeInPropertiesOfWorkersIsWhatRealOnesHave",
	"docs/control-messages.md yaml":       "TestTheSettingsOfControlMessagesInTheDocsAreRead",
	"docs/deploy.md yaml":                 "TestCodeInDatabagsIsOfTheContract",
	"docs/notifications.md yaml":          "TestTheSettingsInTheDocsAreRead",
	"docs/operate.md properties":          "TestThePropertiesInTheDocsAreTaken",
	"docs/sources.md console":             "TestCodeInTheSignatureOfAPushIsRight",
	"docs/state-file.md text":             "TestCodeInTheStateFilesReferenceIsReadAsItSays",
	"docs/state-file.md yaml":             "TestCodeInTheStateFilesReferenceIsReadAsItSays",
	"docs/tutorial.md console":            "TestTheProgramOnARealWorker",
	"docs/tutorial.md yaml":               "TestTheProgramOnARealWorker",
	"docs/write-an-integrator.md text":    "TestCodeInTheModuleFileBuildsTheExample",
	"docs/write-an-integrator.md yaml":    "TestCodeInTheExamplesMetadataIsItsOwn",
	"schemas/README.md json":              "TestCodeInTheStatusOfProvidersIsOne",
	"terraform/README.md hcl":             "TestTheExampleInTheReadmeIsTheOneThatIsRead",
}

// TestCodeInEveryBlockIsHeldByATest has a page's new block meet a test, and a test's name that is gone be missed.
func TestCodeInEveryBlockIsHeldByATest(t *testing.T) {
	t.Parallel()
	there := testsThere(t)
	used := map[string]bool{}
	for path, text := range documents(t) {
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			language, content := block[1], block[2]
			key := path + " " + language
			if test, is := held[key]; is {
				assert.True(t, there[test], "%s: there is no %s", key, test)
				used[key] = true
				continue
			}
			assert.True(t, isPicture(content) || isHeldByItsKind(language, content), "%s: no test holds\n%s", key, content)
		}
	}
	for key := range held {
		assert.True(t, used[key], "there is no block of %s any more", key)
	}
}

func isPicture(content string) bool { return strings.ContainsAny(content, "│─►▼┌") }

// isHeldByItsKind says whether a test looks at all blocks of a kind, on every page: commands of make, juju and
// connect-manager, and Go, which stands in a file (TestCodeInTheDocsIsCodeThatTestsRun says so of all).
func isHeldByItsKind(language, content string) bool {
	switch language {
	case "sh", "go":
		return true
	case "":
		return strings.HasPrefix(content, "juju ")
	case "console":
		return strings.Contains(content, "connect-manager ")
	}
	return false
}

func TestCodeInControlMessagesIsOne(t *testing.T) {
	t.Parallel()
	found := 0
	for _, block := range fence.FindAllStringSubmatch(document(t, "docs/control-messages.md"), -1) {
		if block[1] == "json" {
			message, err := control.Parse([]byte(block[2]))
			require.NoError(t, err)
			assert.Equal(t, []string{"api_key", "first_token"}, message.Config.Keys())
			found++
		}
	}
	assert.Equal(t, 1, found)
}

func TestCodeInPropertiesOfWorkersIsWhatRealOnesHave(t *testing.T) {
	t.Parallel()
	stage, err := os.ReadFile(filepath.Join(root(t), "tests/control/stage_test.go"))
	require.NoError(t, err)
	lines := fence.FindAllStringSubmatch(document(t, "docs/control-messages.md"), -1)
	found := 0
	for _, block := range lines {
		if block[1] != "properties" {
			continue
		}
		for line := range strings.Lines(block[2]) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			assert.Contains(t, string(stage), `"`+strings.Replace(key, ".secrets", ".directory", 1)+`"`)
			if strings.HasSuffix(key, ".class") {
				assert.Contains(t, string(stage), `"`+value+`"`)
			}
			found++
		}
	}
	assert.Equal(t, 3, found)
}

func TestCodeInDatabagsIsOfTheContract(t *testing.T) {
	t.Parallel()
	var shown []map[string]string
	for _, block := range fence.FindAllStringSubmatch(document(t, "docs/deploy.md"), -1) {
		if block[1] != "yaml" {
			continue
		}
		var relations []struct {
			Data map[string]string `yaml:"application-data"`
		}
		require.NoError(t, yaml.Unmarshal([]byte(block[2]), &relations))
		require.Len(t, relations, 1)
		shown = append(shown, relations[0].Data)
	}
	require.Len(t, shown, 2)
	_, err := schemas.DecodeProvider(shown[0])
	require.NoError(t, err)
	shown[1]["plugin-sha256"] = strings.Replace(shown[1]["plugin-sha256"], "…", strings.Repeat("0", 32), 1) // it is cut
	_, err = schemas.DecodeRequirer(shown[1])
	require.NoError(t, err)
}

func TestCodeInTheStatusOfProvidersIsOne(t *testing.T) {
	t.Parallel()
	for _, block := range fence.FindAllStringSubmatch(document(t, "schemas/README.md"), -1) {
		if block[1] != "json" {
			continue
		}
		provider, err := schemas.DecodeProvider(map[string]string{"endpoints": "http://a:8083", "secret-user": "secret:9m4e2mr0ui3e8a215n4g", "status": block[2]})
		require.NoError(t, err)
		require.Len(t, provider.Status, 1)
		assert.Equal(t, schemas.PassingTrouble, provider.Status[0].Code)
	}
}

// signing is how the documents sign a push without a body.
var signing = regexp.MustCompile(`X-Hub-Signature-256: sha256=(\$\(.*?\))"`)

func TestCodeInTheSignatureOfAPushIsRight(t *testing.T) {
	t.Parallel()
	found := signing.FindStringSubmatch(document(t, "docs/sources.md"))
	require.NotNil(t, found)
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl here")
	}
	command := exec.CommandContext(t.Context(), "bash", "-c", "printf %s "+found[1])
	command.Env = append(os.Environ(), "SECRET=open sesame")
	out, err := command.Output()
	require.NoError(t, err)
	sum := hmac.New(sha256.New, []byte("open sesame"))
	assert.Equal(t, hex.EncodeToString(sum.Sum(nil)), string(out))
}

func TestCodeInTheExamplesMetadataIsItsOwn(t *testing.T) {
	t.Parallel()
	var shown, whole metadata
	for _, block := range fence.FindAllStringSubmatch(document(t, "docs/write-an-integrator.md"), -1) {
		if block[1] == "yaml" {
			require.NoError(t, yaml.Unmarshal([]byte(block[2]), &shown))
		}
	}
	content, err := os.ReadFile(filepath.Join(root(t), "requirer-lib/examples/lines/charmcraft.yaml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &whole))
	assert.Equal(t, whole, shown)
}

// TestCodeInTheModuleFileBuildsTheExample builds the tutorial's charm as its reader does: in a module of their own, beside a clone.
func TestCodeInTheModuleFileBuildsTheExample(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	require.NoError(t, os.Symlink(root(t), filepath.Join(home, "kafka-connect-charms")))
	own := filepath.Join(home, "lines")
	require.NoError(t, os.CopyFS(own, os.DirFS(filepath.Join(root(t), "requirer-lib/examples/lines"))))
	for _, block := range fence.FindAllStringSubmatch(document(t, "docs/write-an-integrator.md"), -1) {
		if block[1] == "text" {
			require.NoError(t, os.WriteFile(filepath.Join(own, "go.mod"), []byte(block[2]), 0o600))
		}
	}
	sums, err := os.ReadFile(filepath.Join(root(t), "requirer-lib/go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(own, "go.sum"), sums, 0o600)) // what go mod tidy would fetch
	command := exec.CommandContext(t.Context(), "go", "build", "-o", "bin/lines", ".")
	command.Dir = own
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "CGO_ENABLED=0")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.FileExists(t, filepath.Join(own, "bin/lines"))
}
