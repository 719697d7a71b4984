// Package fuzz finds the fuzz targets of all modules and runs each for a bounded time. docs/security.md lists what they are for.
package fuzz

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
)

// Target is one fuzz target.
type Target struct {
	Package string // its folder below the repository, with slashes
	Name    string
}

func (t Target) String() string { return t.Package + " " + t.Name }

// Find lists the targets below a folder of source, in the order of their folders.
func Find(root string) (found []Target, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && path != root):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		names, err := targetsOf(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		for _, name := range names {
			found = append(found, Target{Package: filepath.ToSlash(dir), Name: name})
		}
		return err
	})
	return found, err
}

// targetsOf lists the functions of a file that `go test -fuzz` would take.
func targetsOf(path string) (names []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("look for fuzz targets: %w", err)
	}
	for _, declared := range file.Decls {
		function, is := declared.(*ast.FuncDecl)
		if is && function.Recv == nil && strings.HasPrefix(function.Name.Name, "Fuzz") && takesF(function.Type) {
			names = append(names, function.Name.Name)
		}
	}
	return names, nil
}

// takesF says whether a function takes a *testing.F alone.
func takesF(function *ast.FuncType) bool {
	if len(function.Params.List) != 1 {
		return false
	}
	pointer, is := function.Params.List[0].Type.(*ast.StarExpr)
	if !is {
		return false
	}
	to, is := pointer.X.(*ast.SelectorExpr)
	return is && to.Sel.Name == "F"
}
