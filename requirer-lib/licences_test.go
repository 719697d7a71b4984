// Package requirerlib_test holds what is true of the module as a whole.
package requirerlib_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The licences that let charm authors choose their own, by a sentence of each.
const (
	apache = "Apache License"
	bsd    = "Redistribution and use in source and binary forms"
	mit    = "Permission is hereby granted, free of charge"
)

// allowed are the modules of others that a charm is linked with when it imports this library, package probe included, which is
// a module of its own.
var allowed = map[string]string{
	"github.com/go-resty/resty/v2":             mit,
	"github.com/santhosh-tekuri/jsonschema/v6": apache,
	"go.yaml.in/yaml/v4":                       apache,
	"github.com/klauspost/compress":            apache,
	"github.com/pierrec/lz4/v4":                bsd,
	"github.com/twmb/franz-go":                 bsd,
	"github.com/twmb/franz-go/pkg/kmsg":        bsd,
	"golang.org/x/net":                         bsd,
	"golang.org/x/text":                        bsd,
}

// A charm that is linked with GPL, LGPL or AGPL code (canonical/pebble, juju/charm, juju/juju) has to be distributed under
// that licence. Those who write charms with this library choose their own: so nothing of the kind may come in by a
// dependency's dependency either.
func TestCharmAuthorsStayFreeToChooseTheirLicence(t *testing.T) {
	t.Parallel()
	used := map[string]string{} // directory by module
	for _, module := range []string{".", "../schemas", "probe"} {
		maps.Copy(used, linked(t, module))
	}
	for path, dir := range used {
		licence, ok := allowed[path]
		if !assert.True(t, ok, "the library now links %s: import something else, or, when its licence is MIT, BSD or Apache "+
			"(never GPL, LGPL or AGPL), add it to the list in licences_test.go", path) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "LICENSE"))
		require.NoError(t, err, "%s has no LICENSE file any more: read what its licence is now", path)
		assert.True(t, strings.Contains(string(text), licence), "%s has changed its licence: stay at the older version, or import something else", path)
	}
	for path := range allowed {
		assert.Contains(t, used, path, "the library no longer links %s: take it from the list in licences_test.go", path)
	}
}

// linked lists the modules of others behind a module's packages, tests left out, with their directories.
func linked(t *testing.T, module string) map[string]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Dir}}{{end}}", "./...")
	command.Dir = module
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	command.Stderr = os.Stderr
	output, err := command.Output()
	require.NoError(t, err, "list the packages of %s", module)
	ours, err := filepath.Abs("..")
	require.NoError(t, err)
	modules := map[string]string{}
	for line := range strings.Lines(string(output)) {
		path, dir, isModule := strings.Cut(strings.TrimSpace(line), " ")
		if isModule && !strings.HasPrefix(dir, ours+string(filepath.Separator)) {
			modules[path] = dir
		}
	}
	return modules
}
