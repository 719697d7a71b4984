package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
)

// Plugin is something a worker has loaded. Workers of one cluster may differ:
// ask each one.
type Plugin struct {
	Class   string `json:"class"`
	Type    string `json:"type"` // source, sink, converter, header_converter, transformation, predicate
	Version string `json:"version"`
}

// Validation is a worker's opinion of a configuration.
type Validation struct {
	Name       string           `json:"name"` // the plugin class
	ErrorCount int              `json:"error_count"`
	Groups     []string         `json:"groups"`
	Configs    []ValidatedField `json:"configs"`
}

// ValidatedField is one key: what the plugin asks for, and what is given.
type ValidatedField struct {
	Definition FieldDefinition `json:"definition"`
	Value      FieldValue      `json:"value"`
}

// FieldDefinition is what the plugin asks for.
type FieldDefinition struct {
	Name          string   `json:"name"`
	Type          string   `json:"type"` // BOOLEAN, STRING, INT, SHORT, LONG, DOUBLE, LIST, CLASS, PASSWORD
	Required      bool     `json:"required"`
	DefaultValue  *string  `json:"default_value"`
	Importance    string   `json:"importance"`
	Documentation string   `json:"documentation"`
	Group         string   `json:"group"`
	Width         string   `json:"width"`
	DisplayName   string   `json:"display_name"`
	Dependents    []string `json:"dependents"`
	Order         int      `json:"order"`
}

// FieldValue is what is given. Of what the plugin declares a password, Connect
// shows no more than that there is one; of the rest, JSON hides what goes by a
// secret's name.
type FieldValue struct {
	Name              string   `json:"name"`
	Value             *string  `json:"value"`
	RecommendedValues []string `json:"recommended_values"`
	Errors            []string `json:"errors"`
	Visible           bool     `json:"visible"`
}

// MarshalJSON is what a log in JSON shows.
func (v FieldValue) MarshalJSON() ([]byte, error) {
	type plain FieldValue
	if v.Value != nil && *v.Value != "" && IsSecret(v.Name) {
		hide := secretTexts(*v.Value)
		v.Errors = slices.Clone(v.Errors)
		for i := range v.Errors {
			v.Errors[i] = redact(v.Errors[i], hide)
		}
		v.Value = new(string)
		*v.Value = hiddenText
	}
	return json.Marshal(plain(v))
}

// Errors lists what is wrong, by key.
func (v Validation) Errors() map[string][]string {
	wrong := map[string][]string{}
	for _, field := range v.Configs {
		if len(field.Value.Errors) > 0 {
			wrong[field.Value.Name] = field.Value.Errors
		}
	}
	return wrong
}

// Plugins lists what a worker has loaded: connectors only, or converters,
// transformations and predicates as well.
func (c *Client) Plugins(ctx context.Context, connectorsOnly bool) ([]Plugin, error) {
	var plugins []Plugin
	_, err := c.do(ctx, call{
		method: http.MethodGet,
		path:   "/connector-plugins",
		query:  url.Values{"connectorsOnly": {strconv.FormatBool(connectorsOnly)}},
		out:    &plugins,
	})
	return plugins, err
}

// PluginConfig gives what a plugin of any type can be configured with; of a
// connector, without what all connectors have in common. The version is one of
// those that Plugins lists, for workers that have several; empty takes the
// latest. Kafka Connect before 4.1 does not look at it. ErrNotFound when the
// worker does not have the plugin.
func (c *Client) PluginConfig(ctx context.Context, class, version string) ([]FieldDefinition, error) {
	if !legalClass.MatchString(class) {
		return nil, fmt.Errorf("plugin class %.100q: %w", class, ErrIllegalName)
	}
	var query url.Values
	if version != "" {
		query = url.Values{"version": {version}}
	}
	var fields []FieldDefinition
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/connector-plugins/" + class + "/config", query: query, out: &fields})
	return fields, err
}

// legalClass takes Java class names, and the short forms Kafka Connect knows.
var legalClass = regexp.MustCompile(`^[A-Za-z0-9_$-]+(\.[A-Za-z0-9_$-]+)*$`)

// Validate asks a worker what it thinks of a configuration; nothing is created.
// A missing connector.class is set to class. Without a name the worker counts
// that as an error too. ErrUnknownPlugin when the worker does not have the class.
func (c *Client) Validate(ctx context.Context, class string, config map[string]string) (Validation, error) {
	if !legalClass.MatchString(class) {
		return Validation{}, fmt.Errorf("plugin class %.100q: %w", class, ErrIllegalName)
	}
	whole := map[string]string{"connector.class": class}
	maps.Copy(whole, config)
	var validation Validation
	_, err := c.do(ctx, call{
		method: http.MethodPut,
		path:   "/connector-plugins/" + class + "/config/validate",
		body:   whole,
		out:    &validation,
		hide:   secretValues(config),
	})
	return validation, err
}
