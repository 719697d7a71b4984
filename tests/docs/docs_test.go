// Package docs holds the README and docs/ to what is there: code in them is the code that tests run, commands are the
// Makefile's, links lead somewhere, and tables of options are those of the charms.
package docs

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/charms"
)

var update = flag.Bool("update", false, "write the code into the documents")

// root is the repository's folder, absolute.
func root(t *testing.T) string {
	t.Helper()
	root, err := charms.Repository()
	require.NoError(t, err)
	return root
}

// documents are the pages that a reader meets, by their paths in the repository.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "schemas/*.md", "terraform/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root(t), pattern))
		require.NoError(t, err)
		for _, path := range paths {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(root(t), path)
			require.NoError(t, err)
			texts[name] = string(content)
		}
	}
	return texts
}

// document is one of them.
func document(t *testing.T, name string) string {
	t.Helper()
	text, is := documents(t)[name]
	require.True(t, is, "there is no %s", name)
	return text
}

// included is a comment that names a file, and the code block below it, if there is one yet.
var included = regexp.MustCompile("(?s)<!-- (\\S+\\.go) -->\n(?:\n```go\n.*?\n```\n)?")

func TestCodeInTheDocsIsCodeThatTestsRun(t *testing.T) {
	found := 0
	for path, text := range documents(t) {
		want := included.ReplaceAllStringFunc(text, func(block string) string {
			found++
			source := included.FindStringSubmatch(block)[1]
			code, err := os.ReadFile(filepath.Join(root(t), source))
			require.NoError(t, err)
			return fmt.Sprintf("<!-- %s -->\n\n```go\n%s```\n", source, code)
		})
		if *update {
			require.NoError(t, os.WriteFile(filepath.Join(root(t), path), []byte(want), 0o644))
			continue
		}
		assert.Equal(t, want, text, "%s: run go test ./docs -update", path)
	}
	assert.Positive(t, found)
}

// part is a comment that names a file, and the block below it, which stands there.
var part = regexp.MustCompile("(?s)<!-- part of (\\S+\\.go) -->\n\n```go\n(.*?)```\n")

func TestCodeInPartsIsThatOfTheirFiles(t *testing.T) {
	for path, text := range documents(t) {
		parts := part.FindAllStringSubmatch(text, -1)
		for _, block := range parts {
			code, err := os.ReadFile(filepath.Join(root(t), block[1]))
			require.NoError(t, err)
			indented := regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(block[2], "\t$1")
			assert.True(t, strings.Contains(string(code), indented), "%s: not in %s:\n%s", path, block[1], block[2])
		}
		assert.Equal(t, strings.Count(text, "```go\n"), len(parts)+len(included.FindAllString(text, -1)), "%s: whose is its code?", path)
	}
}

var (
	shell  = regexp.MustCompile("(?s)```sh\n(.*?)```")
	inline = regexp.MustCompile("`((?:[A-Z_]+=\\S+ )*make [a-z][^`]*)`")
	target = regexp.MustCompile(`(?m)^([a-z0-9-]+):.*## `)
)

func TestCommandsInTheDocsAreTheMakefiles(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root(t), "Makefile"))
	require.NoError(t, err)
	targets := map[string]bool{}
	for _, found := range target.FindAllStringSubmatch(string(makefile), -1) {
		targets[found[1]] = true
	}
	found := 0
	for path, text := range documents(t) {
		var commands []string
		for _, block := range shell.FindAllStringSubmatch(text, -1) {
			commands = append(commands, strings.Split(strings.TrimSpace(block[1]), "\n")...)
		}
		for _, command := range inline.FindAllStringSubmatch(text, -1) {
			commands = append(commands, command[1])
		}
		for _, command := range commands {
			words := strings.Fields(command)
			for len(words) > 0 && strings.Contains(words[0], "=") {
				words = words[1:]
			}
			require.GreaterOrEqual(t, len(words), 2, "%s: %q", path, command)
			assert.Equal(t, "make", words[0], "%s: %q: commands are the Makefile's", path, command)
			assert.True(t, targets[words[1]], "%s: %q: the Makefile has no such target", path, command)
			found++
		}
	}
	assert.Positive(t, found)
}

var link = regexp.MustCompile(`\]\(([^)#]+)\)`)

func TestLinksInTheDocsLeadSomewhere(t *testing.T) {
	for path, text := range documents(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(found[1], "://") {
				assert.FileExists(t, followed(filepath.Join(root(t), filepath.Dir(path), found[1])), path)
			}
		}
	}
}

// named is a test or a fuzz target that a document names.
var named = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)`")

// testsThere are the names of all tests and fuzz targets of the repository.
func testsThere(t *testing.T) map[string]bool {
	t.Helper()
	there := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root(t), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(\w+ \*testing\.[TF]\)`).FindAllStringSubmatch(string(code), -1) {
			there[found[1]] = true
		}
		return err
	}))
	return there
}

func TestTestsInTheDocsAreThere(t *testing.T) {
	there := testsThere(t)
	found := 0
	for path, text := range documents(t) {
		for _, test := range named.FindAllStringSubmatch(text, -1) {
			assert.True(t, there[test[1]], "%s: there is no %s", path, test[1])
			found++
		}
	}
	assert.Positive(t, found)
}

// followed is a file that stands for a directory, which may be linked as well.
func followed(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "README.md")
	}
	return path
}

// TestOneWordRenamesTheModules renames them in a copy and has Go find its way.
func TestOneWordRenamesTheModules(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "copy")
	run := func(dir, name string, args ...string) string {
		command := exec.Command(name, args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), out)
		return string(out)
	}
	require.NoError(t, os.MkdirAll(copied, 0o755))
	files := run(root(t), "git", "ls-files", "--cached", "--others", "--exclude-standard")
	for file := range strings.Lines(files) {
		file = strings.TrimSpace(file)
		content, err := os.ReadFile(filepath.Join(root(t), file))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(copied, file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(copied, file), content, 0o755))
	}
	run(copied, "make", "rename", "MODULE=example.org/team/connect")
	assert.Equal(t, "example.org/team/connect/provider-charm\n", run(filepath.Join(copied, "provider-charm"), "go", "list", "-m"))
	run(filepath.Join(copied, "provider-charm"), "go", "build", "-o", os.DevNull, "./cmd/kafka-connect")
	run(filepath.Join(copied, "integrator-charm"), "go", "vet", "./...")
	left, _ := exec.Command("grep", "-rlE", `"connectcharms/`, copied, "--include=*.go").CombinedOutput()
	assert.Empty(t, string(left), "files that still name the old path")
}
