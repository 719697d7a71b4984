package docs

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requirement is a row of the tables: a module, and those of ours that name it.
var requirement = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\|")

func TestEveryDependencyIsAccountedFor(t *testing.T) {
	t.Parallel()
	told := map[string][]string{}
	for _, row := range requirement.FindAllStringSubmatch(document(t, "docs/dependencies.md"), -1) {
		for _, user := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1) {
			told[row[1]] = append(told[row[1]], user[1])
		}
		slices.Sort(told[row[1]])
	}
	assert.Equal(t, namedByModules(t), told)
}

// namedByModules is which modules of others each go.mod names itself, for its code or as a tool.
func namedByModules(t *testing.T) map[string][]string {
	t.Helper()
	named := map[string][]string{}
	for _, file := range strings.Fields(gitFiles(t, "go.mod", "*/go.mod")) {
		command := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", filepath.Join(root(t), file))
		out, err := command.Output()
		require.NoError(t, err)
		var module struct {
			Require []struct {
				Path     string
				Indirect bool
			}
			Tool []struct{ Path string }
		}
		require.NoError(t, json.Unmarshal(out, &module))
		isTool := func(path string) bool {
			return slices.ContainsFunc(module.Tool, func(tool struct{ Path string }) bool {
				return strings.HasPrefix(tool.Path, path+"/") || tool.Path == path
			})
		}
		for _, required := range module.Require {
			if strings.HasPrefix(required.Path, "connectcharms/") || required.Indirect && !isTool(required.Path) {
				continue
			}
			named[required.Path] = append(named[required.Path], filepath.ToSlash(filepath.Dir(file)))
		}
	}
	for _, users := range named {
		slices.Sort(users)
	}
	return named
}

func gitFiles(t *testing.T, patterns ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-C", root(t), "ls-files", "--cached", "--others", "--exclude-standard", "--"}, patterns...)...)
	out, err := command.Output()
	require.NoError(t, err)
	return string(out)
}
