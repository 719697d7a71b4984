package schemas

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed *.json
var texts embed.FS

// The documents. An item of a list in a v1 databag is a document too: it is judged by itself.
var (
	requirerV0 = compileOnce("requirer", "requirer.v0.json", "")
	requirerV1 = compileOnce("requirer", "requirer.v1.json", "")
	requestV1  = compileOnce("requirer", "requirer.v1.json", "#/$defs/request")
	providerV0 = compileOnce("provider", "provider.v0.json", "")
	providerV1 = compileOnce("provider", "provider.v1.json", "")
	answerV1   = compileOnce("provider", "provider.v1.json", "#/$defs/answer")

	providerUnit = compileOnce("provider unit", "provider.unit.json", "")
)

// parts is what the other files refer to.
const parts = "parts.json"

// document is a compiled schema and the rules it names: the description of a
// subschema is the rule that a value breaks when that subschema rejects it.
type document struct {
	name   string
	schema *jsonschema.Schema
	keys   map[string]bool // that the contract names
	rules  map[string]rule // by location of the subschema
}

// rule is what a subschema asks of a databag key.
type rule struct {
	key  string // empty for rules about the databag as a whole
	text string
}

// compileOnce compiles an embedded schema when it is first asked for. One that
// does not compile is a fault of the build, so it panics.
func compileOnce(name, file, place string) func() *document {
	return sync.OnceValue(func() *document {
		schema, err := compile(file, place)
		if err != nil {
			panic(fmt.Sprintf("schemas: embedded schema %s: %v", file, err))
		}
		doc := &document{name: name, schema: schema, keys: map[string]bool{}, rules: map[string]rule{}}
		doc.collectRules(schema, rule{})
		// What the outermost schema describes is the document, and what it asks
		// for is its required keys.
		doc.rules[schema.Location] = rule{text: "must be set"}
		return doc
	})
}

func compile(file, place string) (*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertContent()
	compiler.AssertFormat()
	compiler.RegisterContentMediaType(plainJSON)
	var id string
	for _, name := range []string{parts, file} {
		text, err := texts.ReadFile(name)
		if err != nil {
			return nil, err
		}
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		id = parsed.(map[string]any)["$id"].(string)
		if err := compiler.AddResource(id, parsed); err != nil {
			return nil, err
		}
	}
	return compiler.Compile(id + place)
}

// plainJSON reads numbers as float64. The library's own reader keeps them as
// text, and a number such as 1e9999999 then crashes its range check; here it is
// not JSON that we take.
var plainJSON = &jsonschema.MediaType{
	Name:          "application/json",
	Validate:      func(text []byte) error { return json.Unmarshal(text, new(any)) },
	UnmarshalJSON: decodeJSON,
}

func decodeJSON(text []byte) (any, error) {
	var value any
	err := json.Unmarshal(text, &value)
	return value, err
}

// collectRules walks the subschemas our documents use. One without a
// description stands for the rule of the one around it.
func (d *document) collectRules(schema *jsonschema.Schema, outer rule) {
	if schema == nil {
		return
	}
	inner := outer
	if schema.Description != "" {
		inner.text = schema.Description
	}
	d.rules[schema.Location] = inner
	for _, part := range schema.AllOf {
		d.collectRules(part, inner)
	}
	for name, part := range schema.Properties {
		d.keys[cmp.Or(inner.key, name)] = true
		d.collectRules(part, rule{key: cmp.Or(inner.key, name), text: inner.text})
	}
	for _, part := range []*jsonschema.Schema{schema.Ref, schema.Then, schema.Else, schema.Items2020, schema.ContentSchema} {
		d.collectRules(part, inner)
	}
}

// check holds a databag against the schema. The error joins a *FieldError for
// each rule broken, ordered by key and, within a key, by the schema's order.
func (d *document) check(databag map[string]string) error {
	instance := make(map[string]any, len(databag))
	for key, value := range databag {
		instance[key] = value
	}
	err := d.schema.Validate(instance)
	if err == nil {
		return nil
	}
	return d.explain(d.broken(err.(*jsonschema.ValidationError)), databag)
}

// finding is a subschema that said no.
type finding struct {
	rule
	location string
	missing  bool
}

// broken takes the findings out of the tree the validator reports. The key
// comes from the schema's side: the validator's own account of the place is
// not reliable below a value that is the text of JSON (v6.0.3).
func (d *document) broken(node *jsonschema.ValidationError) []finding {
	here := finding{rule: d.rules[node.SchemaURL], location: node.SchemaURL}
	switch what := node.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference, *kind.ContentSchema:
		var found []finding
		for _, cause := range node.Causes {
			found = append(found, d.broken(cause)...)
		}
		return found
	case *kind.Required:
		if here.key != "" {
			return []finding{here}
		}
		var found []finding
		for _, name := range what.Missing {
			found = append(found, finding{rule{name, here.text}, here.location, true})
		}
		return found
	}
	return []finding{here}
}
