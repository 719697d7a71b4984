package architecture

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Package is one of ours, by its folder.
type Package struct {
	Folder  string
	Main    bool
	Lines   int      // without those of tests
	Imports []string // ours by their folders, others by their paths; those of tests only where all of the module is tests
}

// Packages reads the imports of all Go files below a folder, whatever system or tag they are for.
func Packages(root string) ([]Package, error) {
	modules, err := findModules(root)
	if err != nil {
		return nil, err
	}
	found := map[string]*Package{}
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "testdata" || name == "build" || strings.HasPrefix(name, ".") && file != root) {
			return filepath.SkipDir
		}
		relative, err := filepath.Rel(root, file)
		if err != nil || !strings.HasSuffix(file, ".go") {
			return err
		}
		return read(found, modules, file, filepath.ToSlash(relative))
	})
	packages := []Package{}
	for _, folder := range slices.Sorted(maps.Keys(found)) {
		packages = append(packages, *found[folder])
	}
	return packages, err
}

// findModules gives the folder of each module, by its path.
func findModules(root string) (map[string]string, error) {
	modules := map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "go.mod" {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		for line := range strings.Lines(string(content)) {
			if modulePath, is := strings.CutPrefix(line, "module "); is {
				modules[strings.TrimSpace(modulePath)] = filepath.ToSlash(folder)
			}
		}
		return err
	})
	return modules, err
}

// read adds a file to its package.
func read(found map[string]*Package, modules map[string]string, file, relative string) error {
	isTest := strings.HasSuffix(file, "_test.go")
	if isTest && !OfTests(relative) {
		return nil
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, nil, parser.ImportsOnly)
	if err != nil {
		return fmt.Errorf("read imports: %w", err)
	}
	folder := path.Dir(relative)
	if found[folder] == nil {
		found[folder] = &Package{Folder: folder}
	}
	of := found[folder]
	if !isTest {
		of.Main = of.Main || parsed.Name.Name == "main"
		of.Lines += files.File(parsed.FileStart).LineCount()
	}
	for _, imported := range parsed.Imports {
		name, err := strconv.Unquote(imported.Path.Value)
		if err != nil {
			return err
		}
		if name = ours(modules, name); name != folder && !slices.Contains(of.Imports, name) {
			of.Imports = append(of.Imports, name)
		}
	}
	return nil
}

// OfTests says whether a folder or file belongs to a module that is tests as a whole.
func OfTests(relative string) bool {
	return relative == "tests" || strings.HasPrefix(relative, "tests/")
}

// ours is an import by its folder, where it is one of ours.
func ours(modules map[string]string, name string) string {
	for module := name; module != "."; module = path.Dir(module) {
		if folder, is := modules[module]; is {
			return path.Join(folder, strings.TrimPrefix(name, module))
		}
	}
	return name
}
