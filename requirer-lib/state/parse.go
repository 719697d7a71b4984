package state

import (
	"maps"
	"slices"
)

// Options say how a file is read.
type Options struct {
	// Name is what the file is called in problems.
	Name string
	// Environment chooses one of the file's environments. Empty: none, and the file holds as it is without them.
	Environment string
}

// Parse reads a state file, YAML or JSON. The error is Problems: all that is wrong, in every environment, chosen or not.
func Parse(data []byte, options Options) (*File, error) {
	found := &findings{file: options.Name}
	root := found.document(data)
	if len(found.all) == 0 && (root == nil || root.kind == null) {
		found.add(Problem{Message: "the file is empty: for no connectors, which deletes all, write connectors: []"})
	}
	if root == nil || root.kind == null {
		return nil, found.problems()
	}
	parts := reader{findings: found}.parts(root)
	if parts == nil || parts.isTooMuch() {
		return nil, found.problems()
	}
	parts.name = options.Name
	file := parts.file("")
	for _, environment := range slices.Sorted(maps.Keys(parts.environments)) {
		if of := parts.file(environment); environment == options.Environment {
			file = of
		}
	}
	if _, is := parts.environments[options.Environment]; !is && options.Environment != "" {
		found.add(Problem{
			Line: parts.environmentsAt.line, Column: parts.environmentsAt.column, Field: "environments",
			Message: "there is no environment " + shown(options.Environment),
			Nearest: nearest(options.Environment, slices.Sorted(maps.Keys(parts.environments))),
		})
	}
	if len(found.all) > 0 {
		return nil, found.problems()
	}
	return file, nil
}
