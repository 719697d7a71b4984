package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/charms"
)

// A file is known by its end, and a name of the code by its humps.
var (
	drawings = regexp.MustCompile("(?s)```text\n(.*?)```")
	fileName = regexp.MustCompile(`[\w/]+\.go\b`)
	codeName = regexp.MustCompile(`\b[A-Z][A-Za-z]*[a-z][A-Z]\w*\b`)
)

func TestNamesInThePicturesOfWhatHappensAreInTheCode(t *testing.T) {
	t.Parallel()
	files, names := declared(t)
	found := 0
	for _, drawing := range drawings.FindAllStringSubmatch(section(t, "## How the main things happen"), -1) {
		for _, name := range codeName.FindAllString(drawing[1], -1) {
			assert.True(t, names[name], "nothing is called %s", name)
			found++
		}
		for _, name := range fileName.FindAllString(drawing[1], -1) {
			assert.Contains(t, files, "/"+name+"\n", "there is no %s", name)
			found++
		}
	}
	assert.Greater(t, found, 50)
}

// declared lists the files of the charms and the library, one a line, and what they declare, methods included.
func declared(t *testing.T) (files string, names map[string]bool) {
	t.Helper()
	root, err := charms.Repository()
	require.NoError(t, err)
	names = map[string]bool{}
	var all strings.Builder
	for _, module := range []string{"requirer-lib", "provider-charm", "integrator-charm"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, module), func(file string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			all.WriteString(filepath.ToSlash(file) + "\n")
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err == nil {
				addDeclared(names, parsed)
			}
			return err
		}))
	}
	return all.String(), names
}

func addDeclared(names map[string]bool, file *ast.File) {
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			names[d.Name.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if named, is := spec.(*ast.TypeSpec); is {
					names[named.Name.Name] = true
				}
			}
		}
	}
}
