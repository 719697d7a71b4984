package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/charms"
)

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

// programs is where connect-manager is built, once, for the tests that run it.
var programs = filepath.Join(os.TempDir(), fmt.Sprintf("connect-manager-docs-%d", os.Getpid()))

var built = sync.OnceValues(func() (string, error) { return charms.BuildManager(context.Background(), programs) })

// manager builds connect-manager, and gives what runs it without a configuration.
func manager(t *testing.T) func(words ...string) (out string, err error) {
	t.Helper()
	program, err := built()
	require.NoError(t, err)
	home := t.TempDir()
	return func(words ...string) (string, error) {
		command := exec.CommandContext(context.Background(), program, words...)
		command.Env = []string{"HOME=" + home}
		out, err := command.Output()
		return string(out), err
	}
}

var usage = regexp.MustCompile(`(?m)^Usage:\n  connect-manager (.*?)(?: \[flags\])?$`)

// commandRows are those of all commands that do something, as the program itself tells them.
func commandRows(t *testing.T, run func(...string) (string, error), above ...string) (rows []string) {
	t.Helper()
	below, err := run(append(append([]string{"__complete"}, above...), "")...)
	require.NoError(t, err)
	for line := range strings.Lines(below) {
		name, short, isCommand := strings.Cut(strings.TrimSpace(line), "\t")
		if !isCommand || name == "help" {
			continue
		}
		path := append(append([]string(nil), above...), name)
		help, err := run(append(path, "--help")...)
		require.NoError(t, err)
		if strings.Contains(help, "\nAvailable Commands:\n") {
			rows = append(rows, commandRows(t, run, path...)...)
			continue
		}
		found := usage.FindStringSubmatch(help)
		require.NotNil(t, found, "%s", help)
		rows = append(rows, "| `"+strings.ReplaceAll(found[1], "|", `\|`)+"` | "+short+" |")
	}
	return rows
}

// table is the one below the comment, if there is one yet.
var table = regexp.MustCompile(`(?m)^<!-- connect-manager -->\n(?:\n(?:\|.*\n)+)?`)

func TestTheTableOfCommandsIsTheProgramsOwn(t *testing.T) {
	rows := commandRows(t, manager(t))
	require.Greater(t, len(rows), 20)
	want := "<!-- connect-manager -->\n\n| command | what it does |\n|---|---|\n" + strings.Join(rows, "\n") + "\n"
	text := document(t, "docs/connect-manager.md")
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join(root(t), "docs/connect-manager.md"), []byte(table.ReplaceAllLiteralString(text, want)), 0o644))
		return
	}
	assert.Equal(t, want, table.FindString(text), "run go test ./docs -update")
}

// shown is a command of the manager's in a block of a console, said one in a sentence.
var (
	shown = regexp.MustCompile(`(?m)^\$ (?:[^|\n]*\| )?connect-manager ([^|\n]*)`)
	said  = regexp.MustCompile("`connect-manager ([a-z][^`|]*)`")
)

// Flags and commands in the documents are the program's: with --help, it reads the line and does nothing.
func TestLinesOfTheManagerAreItsOwn(t *testing.T) {
	run := manager(t)
	lines := map[string]string{}
	for path, text := range documents(t) {
		for _, line := range append(shown.FindAllStringSubmatch(text, -1), said.FindAllStringSubmatch(text, -1)...) {
			lines[strings.ReplaceAll(line[1], "'", "")] = path
		}
	}
	assert.Greater(t, len(lines), 20)
	for line, path := range lines {
		out, err := run(append(strings.Fields(line), "--help")...)
		assert.NoError(t, err, "%s: connect-manager %s", path, line)
		assert.Contains(t, out, "Usage:\n  connect-manager "+strings.Fields(line)[0], "%s: connect-manager %s", path, line)
	}
}

// configuration is the example of the manager's own file.
var configuration = regexp.MustCompile("(?s)## Contexts and configuration\n.*?```yaml\n(.*?)```")

func TestTheConfigurationInTheDocsIsRead(t *testing.T) {
	text := document(t, "docs/connect-manager.md")
	found := configuration.FindStringSubmatch(text)
	require.NotNil(t, found)
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(found[1]), 0o600))
	out, err := manager(t)("context", "list", "-o", "json", "--config", path)
	require.NoError(t, err)
	assert.Contains(t, out, `"name": "production"`)
}

// controlSection is the example of serve.control.
var controlSection = regexp.MustCompile("(?sm)^```yaml\n(control:\n.*?)```")

func TestTheSettingsOfControlMessagesInTheDocsAreRead(t *testing.T) {
	text := document(t, "docs/control-messages.md")
	found := controlSection.FindStringSubmatch(text)
	require.NotNil(t, found)
	path := filepath.Join(t.TempDir(), "config.yaml")
	section := strings.ReplaceAll(found[1], "\n", "\n  ")
	require.NoError(t, os.WriteFile(path, []byte("contexts: {production: {endpoints: ['http://a:1']}}\nserve:\n  "+section), 0o600))
	_, err := manager(t)("context", "list", "--config", path)
	require.NoError(t, err)
	broken := strings.Replace(section, "mechanism: SCRAM-SHA-512", "mechanism: none", 1)
	require.NoError(t, os.WriteFile(path, []byte("contexts: {production: {endpoints: ['http://a:1']}}\nserve:\n  "+broken), 0o600))
	_, err = manager(t)("context", "list", "--config", path)
	require.Error(t, err, "the section is looked at")
}
