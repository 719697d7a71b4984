package charms

import (
	"archive/zip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the bill names is what Go's own tool reads out of the programs in the charm, no more and no less.
func TestTheBillNamesWhatIsReallyLinked(t *testing.T) {
	schema := schemaOfBills(t)
	for name, archive := range packed(t, "amd64") {
		text, err := os.ReadFile(archive.Bill)
		require.NoError(t, err)
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(document), name)
		var bill cdx.BOM
		require.NoError(t, json.Unmarshal(text, &bill))
		assert.Equal(t, archive.SHA256, (*bill.Metadata.Component.Hashes)[0].Value)

		uses := map[string][]string{}
		for _, one := range *bill.Dependencies {
			uses[one.Ref] = *one.Dependencies
		}
		refs := map[string]bool{name: true}
		for _, component := range *bill.Components {
			refs[component.BOMRef] = true
		}
		programs := programsIn(t, archive.Path)
		require.Len(t, uses, len(programs)+1, name)
		for program, linked := range programs {
			assert.Contains(t, uses[name], "bin/"+program)
			assert.ElementsMatch(t, linked, uses["bin/"+program], "%s of %s", program, name)
			for _, one := range linked {
				assert.True(t, refs[one], one)
			}
		}
	}
}

// programsIn is what Go says that a charm's programs are linked with.
func programsIn(t *testing.T, archive string) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	reader, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer reader.Close()
	require.NoError(t, os.CopyFS(dir, reader))
	paths, err := filepath.Glob(filepath.Join(dir, "bin", "*"))
	require.NoError(t, err)
	programs := map[string][]string{}
	for _, path := range paths {
		out, err := exec.CommandContext(t.Context(), "go", "version", "-m", path).Output()
		require.NoError(t, err)
		programs[filepath.Base(path)] = linkedBy(string(out))
	}
	return programs
}

// linkedBy reads what `go version -m` says: "path: go1.26.8", then lines "dep path version sum"; one of ours has no sum.
func linkedBy(said string) (linked []string) {
	first, rest, _ := strings.Cut(said, "\n")
	linked = append(linked, "pkg:golang/std@"+first[strings.LastIndex(first, " ")+1:])
	for line := range strings.Lines(rest) {
		fields := strings.Fields(line)
		if len(fields) == 4 && slices.Contains([]string{"dep", "=>"}, fields[0]) {
			linked = append(linked, "pkg:golang/"+fields[1]+"@"+strings.ReplaceAll(fields[2], "+", "%2B"))
		}
	}
	return linked
}

// schemaOfBills is CycloneDX's own, which its module has beside the code.
func schemaOfBills(t *testing.T) *jsonschema.Schema {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	for _, file := range []string{"spdx.schema.json", "jsf-0.82.schemax.json", "bom-1.6.schema.json"} {
		opened, err := os.Open(filepath.Join(strings.TrimSpace(string(out)), "schema", file))
		if file == "jsf-0.82.schemax.json" && err != nil {
			continue
		}
		require.NoError(t, err)
		document, err := jsonschema.UnmarshalJSON(opened)
		require.NoError(t, err)
		require.NoError(t, opened.Close())
		require.NoError(t, compiler.AddResource("http://cyclonedx.org/schema/"+strings.Replace(file, ".schemax.", ".schema.", 1), document))
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	require.NoError(t, err)
	return schema
}
