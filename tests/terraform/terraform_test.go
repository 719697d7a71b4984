// Package terraform holds the Terraform module to itself and to the charms. Neither Terraform nor the provider is there to run
// it: what the provider takes is written down here, as its documents of 1.0 and 2.2 have it.
package terraform

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/terraform-config-inspect/tfconfig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"
	"go.yaml.in/yaml/v4"

	"connectcharms/tests/charms"
)

var update = flag.Bool("update", false, "write the example into the README")

// taken are the arguments and blocks of the provider's resources that this module may use.
var taken = map[string][]string{
	"juju_application": {
		"charm", "charm.base", "charm.channel", "charm.name", "charm.revision", "config", "constraints", "model_uuid", "name", "resources",
		"storage_directives", "units",
	},
	"juju_integration":   {"application", "application.endpoint", "application.name", "application.offer_url", "model_uuid"},
	"juju_access_secret": {"applications", "model_uuid", "secret_id"},
	"juju_secret":        {"model_uuid", "name", "value"},
}

// ofTerraform are the arguments that every resource has.
var ofTerraform = []string{"count", "for_each"}

func TestFilesAreFormattedAsTerraformDoes(t *testing.T) {
	t.Parallel()
	for _, file := range files(t) {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(hclwrite.Format(content)), string(content), file)
	}
}

func TestEachVariableAndOutputSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{folder(t), filepath.Join(folder(t), "example")} {
		module, problems := tfconfig.LoadModule(dir)
		require.NoError(t, problems.Err())
		assert.Contains(t, module.RequiredProviders, "juju")
		for name, variable := range module.Variables {
			assert.NotEmpty(t, variable.Type, name)
			assert.NotEmpty(t, variable.Description, name)
		}
		for name, output := range module.Outputs {
			assert.NotEmpty(t, output.Description, name)
		}
	}
}

func TestResourcesHaveArgumentsThatTheProviderTakes(t *testing.T) {
	t.Parallel()
	found := 0
	for _, file := range files(t) {
		for _, block := range parse(t, file).Blocks {
			if block.Type == "resource" {
				arguments, known := taken[block.Labels[0]]
				require.True(t, known, block.Labels[0])
				for _, name := range argumentsOf(block.Body, "") {
					assert.Contains(t, slices.Concat(arguments, ofTerraform), name, "%s %v", file, block.Labels)
					found++
				}
			}
		}
	}
	assert.Positive(t, found)
}

func argumentsOf(body *hclsyntax.Body, prefix string) (names []string) {
	for name := range body.Attributes {
		names = append(names, prefix+name)
	}
	for _, block := range body.Blocks {
		names = append(names, prefix+block.Type)
		names = append(names, argumentsOf(block.Body, prefix+block.Type+".")...)
	}
	return names
}

func TestReferencesLeadSomewhere(t *testing.T) {
	t.Parallel()
	module, problems := tfconfig.LoadModule(folder(t))
	require.NoError(t, problems.Err())
	types := variableTypes(t)
	found := 0
	for _, traversal := range references(t) {
		switch first, second := step(traversal, 0), step(traversal, 1); first {
		case "var":
			kind, is := types[second]
			require.True(t, is, "there is no variable %s", second)
			if of := step(traversal, 2); of != "" {
				assert.True(t, kind.HasAttribute(of), "the variable %s has no %s", second, of)
			}
		case "each":
		default:
			assert.Contains(t, module.ManagedResources, first+"."+second)
		}
		found++
	}
	assert.Positive(t, found)
}

// references are all that the module's expressions refer to.
func references(t *testing.T) (all []hcl.Traversal) {
	t.Helper()
	for _, file := range moduleFiles(t) {
		for _, block := range parse(t, file).Blocks {
			if block.Type == "variable" {
				block.Body.Attributes["type"] = &hclsyntax.Attribute{Expr: &hclsyntax.LiteralValueExpr{}} // its words are no references
			}
			require.False(t, hclsyntax.VisitAll(block.Body, func(node hclsyntax.Node) hcl.Diagnostics {
				if expression, is := node.(*hclsyntax.ScopeTraversalExpr); is {
					all = append(all, expression.Traversal)
				}
				return nil
			}).HasErrors())
		}
	}
	return all
}

// variableTypes are the types of the module's variables.
func variableTypes(t *testing.T) map[string]cty.Type {
	t.Helper()
	types := map[string]cty.Type{}
	for _, block := range parse(t, filepath.Join(folder(t), "variables.tf")).Blocks {
		kind, _, problems := typeexpr.TypeConstraintWithDefaults(block.Body.Attributes["type"].Expr)
		require.False(t, problems.HasErrors(), "%s", problems)
		types[block.Labels[0]] = kind
	}
	return types
}

// step is a part of what is referred to, by its name.
func step(traversal hcl.Traversal, at int) string {
	if at >= len(traversal) {
		return ""
	}
	switch s := traversal[at].(type) {
	case hcl.TraverseRoot:
		return s.Name
	case hcl.TraverseAttr:
		return s.Name
	}
	return ""
}

// charm is what the module has to know of one.
type charm struct {
	Name      string
	Platforms map[string]any
	Provides  map[string]any
	Requires  map[string]any
	Config    struct{ Options map[string]any }
}

func readCharm(t *testing.T, file string) (read charm) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder(t), "..", file))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &read))
	return read
}

func TestCharmsEndpointsAndOptionsAreTheCharms(t *testing.T) {
	t.Parallel()
	provider, integrator := readCharm(t, "charmcraft.yaml"), readCharm(t, "integrator-charm/charmcraft.yaml")
	onKubernetes := readCharm(t, "provider-charm/kubernetes/charmcraft.yaml")
	main, outputs := read(t, "main.tf"), read(t, "outputs.tf")
	for _, name := range []string{provider.Name, onKubernetes.Name, integrator.Name} {
		assert.Contains(t, main, `"`+name+`"`)
	}
	for platform := range provider.Platforms {
		assert.True(t, strings.HasPrefix(platform, "ubuntu@24.04:"), "the base of variables.tf")
	}
	for _, endpoints := range []map[string]any{provider.Provides, provider.Requires, integrator.Requires} {
		for endpoint := range endpoints {
			assert.Contains(t, outputs, `= "`+endpoint+`"`)
		}
	}
	assert.Equal(t, len(provider.Provides)+len(provider.Requires)+len(integrator.Requires), strings.Count(outputs, `= "`)-strings.Count(outputs, "description"))
	for _, block := range parse(t, filepath.Join(folder(t), "example/main.tf")).Blocks {
		if block.Type == "module" {
			assert.Subset(t, keys(provider.Config.Options), configured(t, block.Body, "kafka_connect"))
			assert.Subset(t, keys(integrator.Config.Options), configured(t, block.Body, "connect_integrator"))
		}
	}
}

// configured are the options that a variable of the example sets.
func configured(t *testing.T, module *hclsyntax.Body, variable string) (options []string) {
	t.Helper()
	for _, item := range module.Attributes[variable].Expr.(*hclsyntax.ObjectConsExpr).Items {
		if hcl.ExprAsKeyword(item.KeyExpr) != "config" {
			continue
		}
		for _, option := range item.ValueExpr.(*hclsyntax.ObjectConsExpr).Items {
			options = append(options, hcl.ExprAsKeyword(option.KeyExpr))
		}
	}
	require.NotEmpty(t, options, variable)
	return options
}

func keys(of map[string]any) (all []string) {
	for key := range of {
		all = append(all, key)
	}
	return all
}

func TestTheExampleInTheReadmeIsTheOneThatIsRead(t *testing.T) {
	t.Parallel()
	head, rest, is := strings.Cut(read(t, "README.md"), "```hcl\n")
	require.True(t, is)
	shown, tail, is := strings.Cut(rest, "```\n")
	require.True(t, is)
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join(folder(t), "README.md"), []byte(head+"```hcl\n"+read(t, "example/main.tf")+"```\n"+tail), 0o644))
		return
	}
	assert.Equal(t, read(t, "example/main.tf"), shown, "run go test ./terraform -update")
}

func folder(t *testing.T) string {
	t.Helper()
	root, err := charms.Repository()
	require.NoError(t, err)
	return filepath.Join(root, "terraform")
}

func moduleFiles(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder(t), "*.tf"))
	require.NoError(t, err)
	return found
}

func files(t *testing.T) []string {
	t.Helper()
	return append(moduleFiles(t), filepath.Join(folder(t), "example/main.tf"))
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder(t), name))
	require.NoError(t, err)
	return string(content)
}

func parse(t *testing.T, file string) *hclsyntax.Body {
	t.Helper()
	parsed, problems := hclparse.NewParser().ParseHCLFile(file)
	require.False(t, problems.HasErrors(), "%s", problems)
	return parsed.Body.(*hclsyntax.Body)
}
