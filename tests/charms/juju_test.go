package charms

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	jujucharm "github.com/juju/charm/v12"
	"github.com/juju/charm/v12/assumes"
	"github.com/juju/charm/v12/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// charmcraftYAML is what charmcraft.yaml says, read without package charms.
type charmcraftYAML struct {
	Name, Summary, Description string
	Assumes                    []any
	Provides, Requires, Peers  map[string]struct{ Interface string }
	Resources                  map[string]struct{ Type, Filename, Description string }
	Actions                    map[string]struct{ Description string }
	Config                     struct {
		Options map[string]struct {
			Type, Description string
			Default           any
		}
	}
}

// Juju's own reader finds in the packed charms what charmcraft.yaml says.
func TestJujuReadsWhatCharmcraftYAMLSays(t *testing.T) {
	root, err := Repository()
	require.NoError(t, err)
	for _, arch := range Arches {
		archives := packed(t, arch)
		for _, c := range recipe {
			t.Run(c.name+" "+arch, func(t *testing.T) {
				want := readCharmcraftYAML(t, filepath.Join(root, c.source))
				if c.of != "" {
					base := readCharmcraftYAML(t, filepath.Join(root, c.of))
					want.Description, want.Config, want.Actions = base.Description, base.Config, base.Actions
					want.Provides, want.Requires, want.Peers = base.Provides, base.Requires, base.Peers
				}
				got, err := jujucharm.ReadCharmArchive(archives[c.name].Path)
				require.NoError(t, err)
				assert.NoError(t, jujucharm.CheckMeta(got))
				assert.Equal(t, jujucharm.FormatV2, jujucharm.MetaFormat(got))
				requireMetadata(t, want, got.Meta())
				requireOptions(t, want, got.Config())
				requireActions(t, want, got.Actions())
				assert.Equal(t, []jujucharm.Base{{
					Name: "ubuntu", Channel: jujucharm.Channel{Track: "24.04", Risk: jujucharm.Stable}, Architectures: []string{arch},
				}}, got.Manifest().Bases)
			})
		}
	}
}

func readCharmcraftYAML(t *testing.T, dir string) (found charmcraftYAML) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "charmcraft.yaml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &found))
	return found
}

func requireMetadata(t *testing.T, want charmcraftYAML, got *jujucharm.Meta) {
	t.Helper()
	require.NotEmpty(t, want.Name)
	assert.Equal(t, []string{want.Name, want.Summary, want.Description}, []string{got.Name, got.Summary, got.Description})
	for role, of := range map[jujucharm.RelationRole]struct {
		want map[string]struct{ Interface string }
		got  map[string]jujucharm.Relation
	}{
		jujucharm.RoleProvider: {want.Provides, got.Provides},
		jujucharm.RoleRequirer: {want.Requires, got.Requires},
		jujucharm.RolePeer:     {want.Peers, got.Peers},
	} {
		assert.Len(t, of.got, len(of.want))
		for name, endpoint := range of.want {
			relation := of.got[name]
			assert.Equal(t, []any{name, endpoint.Interface, role}, []any{relation.Name, relation.Interface, relation.Role})
		}
	}
	resources := map[string]resource.Meta{}
	for name, r := range want.Resources {
		kind, err := resource.ParseType(r.Type)
		require.NoError(t, err)
		resources[name] = resource.Meta{Name: name, Type: kind, Path: r.Filename, Description: r.Description}
	}
	assert.Equal(t, resources, got.Resources)
	var assumed []any
	for _, expression := range got.Assumes.Expression.(assumes.CompositeExpression).SubExpressions {
		feature := expression.(assumes.FeatureExpression)
		text := feature.Name
		if feature.Version != nil {
			text = fmt.Sprintf("%s %s %d.%d", feature.Name, feature.Constraint, feature.Version.Major, feature.Version.Minor)
		}
		assumed = append(assumed, text)
	}
	assert.Equal(t, want.Assumes, assumed)
}

func requireOptions(t *testing.T, want charmcraftYAML, got *jujucharm.Config) {
	t.Helper()
	options := map[string]jujucharm.Option{}
	for name, option := range want.Config.Options {
		if number, ok := option.Default.(int); ok {
			option.Default = int64(number)
		}
		options[name] = jujucharm.Option{Type: option.Type, Description: option.Description, Default: option.Default}
	}
	assert.Equal(t, options, got.Options)
}

func requireActions(t *testing.T, want charmcraftYAML, got *jujucharm.Actions) {
	t.Helper()
	assert.Len(t, got.ActionSpecs, len(want.Actions))
	for name, action := range want.Actions {
		assert.Equal(t, action.Description, got.ActionSpecs[name].Description)
	}
}
