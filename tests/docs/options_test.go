package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// metadata is what of a charm's charmcraft.yaml the documents tell.
type metadata struct {
	Config struct {
		Options map[string]struct{ Default any }
	}
	Actions                   map[string]struct{ Params map[string]any }
	Provides, Requires, Peers map[string]struct{ Interface string }
	Resources                 map[string]any
}

// charmFiles are the charms, by the heading in docs/options.md below which each is told.
var charmFiles = map[string]string{
	"kafka-connect":      "charmcraft.yaml",
	"connect-integrator": "integrator-charm/charmcraft.yaml",
}

func readMetadata(t *testing.T, charm string) (read metadata) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root(t), charmFiles[charm]))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &read))
	return read
}

// section is what stands below a heading, until the next one that is no lower.
func section(t *testing.T, text, title string) string {
	t.Helper()
	level, _, _ := strings.Cut(title, " ")
	_, below, is := strings.Cut(text, "\n"+title+"\n")
	require.True(t, is, "there is no %q", title)
	if end := regexp.MustCompile(`(?m)^#{1,` + fmt.Sprint(len(level)) + `} `).FindStringIndex(below); end != nil {
		below = below[:end[0]]
	}
	return below
}

func TestTheTablesOfEndpointsAndResourcesBesideOptionsAreTheCharms(t *testing.T) {
	t.Parallel()
	text := document(t, "docs/options.md")
	for name := range charmFiles {
		charm, told := readMetadata(t, name), section(t, text, "### Endpoints and resources of "+name)
		wanted := 0
		for _, side := range []map[string]struct{ Interface string }{charm.Provides, charm.Requires, charm.Peers} {
			for endpoint, of := range side {
				assert.Contains(t, told, "\n| `"+endpoint+"` | "+of.Interface+" |")
				wanted++
			}
		}
		for resource := range charm.Resources {
			assert.Contains(t, told, "\n| `"+resource+"` |")
			wanted++
		}
		assert.Equal(t, wanted, strings.Count(told, "\n| `"), "rows of %s", name)
	}
}

func TestTheTablesOfOptionsAndActionsAreTheCharms(t *testing.T) {
	t.Parallel()
	text := document(t, "docs/options.md")
	for name := range charmFiles {
		charm, told := readMetadata(t, name), section(t, text, "## "+name)
		options, actions := section(t, told, "### Options of "+name), section(t, told, "### Actions of "+name)
		for option, value := range charm.Config.Options {
			shown := fmt.Sprint(value.Default)
			switch {
			case option == "group-id":
				shown = "application and model" // what an empty one means
			case value.Default == nil:
				shown = ""
			}
			assert.Regexp(t, `(?m)^\| `+"`"+option+"`"+` \| `+regexp.QuoteMeta(shown)+` ?\|`, options)
		}
		assert.Len(t, charm.Config.Options, strings.Count(options, "\n| `"), name)
		for action, has := range charm.Actions {
			row := regexp.MustCompile(`(?m)^\| ` + "`" + action + "[` ].*$").FindString(actions)
			assert.NotEmpty(t, row, "%s has no row", action)
			for parameter := range has.Params {
				assert.Regexp(t, `\b`+parameter+`\b`, row, "a parameter of %s", action)
			}
		}
		assert.Len(t, charm.Actions, strings.Count(actions, "\n| `"), name)
	}
}
