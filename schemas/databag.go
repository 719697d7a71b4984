package schemas

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// databag is text under keys, without empty values: Juju keeps none.
type databag map[string]string

func newDatabag(extra map[string]string, doc *document) databag {
	bag := databag{}
	for key, value := range extra {
		if !doc.keys[key] {
			bag.put(key, value)
		}
	}
	return bag
}

func (b databag) put(key, value string) {
	if value != "" {
		b[key] = value
	}
}

func (b databag) take(key string) string {
	value := b[key]
	delete(b, key)
	return value
}

// takeSecret is take for a secret's URI, which the schema has read already: it parses or is empty.
func (b databag) takeSecret(key string) SecretURI {
	uri, _ := ParseSecretURI(b.take(key))
	return uri
}

// rest is what nobody took.
func (b databag) rest() map[string]string {
	if len(b) == 0 {
		return nil
	}
	return b
}

// sound checks a databag and keeps the keys that broke no rule.
func (d *document) sound(raw map[string]string) (databag, error) {
	bag := databag{}
	for key, value := range raw {
		bag.put(key, value)
	}
	err := d.check(bag)
	for _, problem := range Problems(err) {
		delete(bag, problem.Key)
	}
	return bag, err
}

// jsonText is the JSON text of names or status entries, which always has one.
func jsonText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("schemas: encoding %T: %v", value, err))
	}
	return string(text)
}

func keysOf[V any](extra map[string]V) []string {
	return slices.Sorted(maps.Keys(extra))
}
