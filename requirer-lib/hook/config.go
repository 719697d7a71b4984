package hook

import (
	"context"
	"fmt"
)

// Config is the application's configuration, defaults filled in.
type Config map[string]any

// ConfigGet reads the whole configuration.
func (t *Tools) ConfigGet(ctx context.Context) (Config, error) {
	config := Config{}
	err := t.runJSON(ctx, &config, "config-get", "--all")
	return config, err
}

// String is a text option; empty when unset.
func (c Config) String(name string) string {
	if value, ok := c[name]; ok && value != nil {
		return fmt.Sprint(value)
	}
	return ""
}

// Int is an integer option; 0 when unset. Juju has checked its type.
func (c Config) Int(name string) int {
	number, _ := c[name].(float64)
	return int(number)
}

// Bool is a boolean option; false when unset.
func (c Config) Bool(name string) bool {
	value, _ := c[name].(bool)
	return value
}
