package connections_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/requirer-lib/connection"
	"connectcharms/schemas"
)

func documentation(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/connections.md")
	require.NoError(t, err)
	return string(text)
}

var jsonBlock = regexp.MustCompile("(?s)```json\n(.*?)```")

func TestTheConnectionInTheDocsIsOne(t *testing.T) {
	t.Parallel()
	blocks := jsonBlock.FindAllStringSubmatch(documentation(t), -1)
	require.Len(t, blocks, 2)
	shown := blocks[0][1]
	requireOfSchema(t, []byte(shown))
	var resource connection.Resource
	require.NoError(t, json.Unmarshal([]byte(shown), &resource))
	require.NoError(t, resource.Spec.Validate())
	assert.Equal(t, resource.Status, resource.Status.WithAuthentication(), "the older form is that of the newer")
	written, err := json.Marshal(resource)
	require.NoError(t, err)
	assert.JSONEq(t, shown, string(written))

	path := filepath.Join(t.TempDir(), "told.json")
	require.NoError(t, os.WriteFile(path, []byte(blocks[1][1]), 0o600))
	d := begin(t, newMemory())
	d.Configure(connections.Config{Interval: time.Minute, ToldFile: path}, nil)
	assert.Equal(t, []string{"kafka-of-connect CHARM"}, ids(d))
	told, err := json.Marshal(d.List()[0])
	require.NoError(t, err)
	requireOfSchema(t, told)
}

// requireOfSchema holds a whole connection to schemas/connection.json.
func requireOfSchema(t *testing.T, text []byte) {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemas.Connection()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("connection.json", schema))
	compiled, err := compiler.Compile("connection.json")
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	require.NoError(t, compiled.Validate(document), "%s", text)
}

func TestConnectionsAreAsTheirSchemaSays(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, d *desk) {
		d.Configure(connections.Config{Interval: time.Minute, Legacy: true}, nil)
		d.set("b:9092", refused)
		for _, id := range []string{"a", "b"} {
			d.create(id)
		}
		time.Sleep(time.Second)
		for _, one := range d.List() {
			text, err := json.Marshal(one)
			require.NoError(t, err)
			requireOfSchema(t, text)
		}
	})
}

func TestTheSettingsInTheDocsAreRead(t *testing.T) {
	t.Parallel()
	block := regexp.MustCompile("(?s)```yaml\n(connections:\n.*?)```").FindStringSubmatch(documentation(t))
	require.NotNil(t, block)
	var section struct{ Connections yaml.Node }
	require.NoError(t, yaml.Load([]byte(block[1]), &section))
	config, err := connections.Decode(section.Connections, "/etc")
	require.NoError(t, err)
	usual, err := connections.Decode(yaml.Node{}, "")
	require.NoError(t, err)
	assert.Equal(t, usual.Interval, config.Interval, "the docs show what is usual")
	assert.Equal(t, usual.Legacy, config.Legacy)
	assert.Len(t, config.Specs, 1)
}

// TestTheTablesInTheDocsAreTheRules: states, phases, the whole mapping to the older form, and every field of the schema.
func TestTheTablesInTheDocsAreTheRules(t *testing.T) {
	t.Parallel()
	text := documentation(t)
	for _, state := range connection.States {
		status := connection.Status{CCloud: &connection.PartStatus{State: state}}
		assert.Contains(t, text, fmt.Sprintf("\n| `%s` | `%s` |", state, status.WithAuthentication().Authentication.Status))
	}
	var phases []string
	for _, phase := range connection.Phases {
		phases = append(phases, fmt.Sprintf("| `%s` | ", phase))
	}
	assert.Regexp(t, "(?s)"+strings.Join(quoted(phases), ".*"), text, "in their order")
	var schema any
	require.NoError(t, json.Unmarshal(schemas.Connection(), &schema))
	for _, name := range properties(schema) {
		assert.Regexp(t, "[`\".]"+name+"[`\".:]", text)
	}
}

func quoted(texts []string) (all []string) {
	for _, text := range texts {
		all = append(all, regexp.QuoteMeta(text))
	}
	return all
}

func properties(schema any) (names []string) {
	switch schema := schema.(type) {
	case map[string]any:
		if of, is := schema["properties"].(map[string]any); is {
			for name := range of {
				names = append(names, regexp.QuoteMeta(name))
			}
		}
		for _, inner := range schema {
			names = append(names, properties(inner)...)
		}
	case []any:
		for _, inner := range schema {
			names = append(names, properties(inner)...)
		}
	}
	return names
}
