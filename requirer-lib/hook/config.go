package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

// Config is the application's configuration, defaults filled in: by option a text, a truth value, a number (json.Number,
// which keeps every digit), or nil when it is not set. A secret option is the text of the secret's URI.
type Config map[string]any

// ConfigGet reads the whole configuration.
func (t *Tools) ConfigGet(ctx context.Context) (Config, error) {
	var document json.RawMessage
	if err := t.runJSON(ctx, &document, "config-get", "--all"); err != nil {
		return nil, err
	}
	config := Config{}
	if len(document) == 0 || string(document) == "null" {
		return config, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&config); err != nil {
		return nil, fmt.Errorf("config-get: its answer is not the JSON expected: %w", err)
	}
	return config, nil
}

// String is a text option; empty when unset. Options of other types are written out.
func (c Config) String(name string) string {
	if value, ok := c[name]; ok && value != nil {
		return fmt.Sprint(value)
	}
	return ""
}

// Int is an integer option; 0 when unset. Juju has checked its type.
func (c Config) Int(name string) int {
	switch value := c[name].(type) {
	case json.Number:
		number, _ := value.Int64()
		return int(number)
	case int:
		return value
	case float64:
		return int(value)
	}
	return 0
}

// Float is a float option; 0 when unset.
func (c Config) Float(name string) float64 {
	switch value := c[name].(type) {
	case json.Number:
		number, _ := value.Float64()
		return number
	case int:
		return float64(value)
	case float64:
		return value
	}
	return 0
}

// Bool is a boolean option; false when unset.
func (c Config) Bool(name string) bool {
	value, _ := c[name].(bool)
	return value
}
