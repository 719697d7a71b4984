package connecttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/connect"
)

// The types of fields whose values are looked at.
const (
	typeInt      = "INT"
	typePassword = "PASSWORD"
)

// hiddenValue is what Kafka Connect shows of a password.
const hiddenValue = "[hidden]"

// common are some of the fields that every connector has.
func common(kind connect.ConnectorType) []connect.FieldDefinition {
	fields := []connect.FieldDefinition{
		{Name: "name", Type: "STRING", Required: true},
		{Name: "connector.class", Type: "STRING", Required: true},
		{Name: "tasks.max", Type: typeInt, DefaultValue: value("1")},
	}
	if kind == connect.Sink {
		fields = append(fields,
			connect.FieldDefinition{Name: "topics", Type: "LIST", DefaultValue: value("")},
			connect.FieldDefinition{Name: "topics.regex", Type: "STRING", DefaultValue: value("")})
	}
	return fields
}

// Those of Apache's file connectors.
func fileSourceFields() []connect.FieldDefinition {
	return []connect.FieldDefinition{
		{Name: "file", Type: "STRING"},
		{Name: "topic", Type: "STRING", Required: true},
		{Name: "batch.size", Type: typeInt, DefaultValue: value("2000")},
	}
}

func fileSinkFields() []connect.FieldDefinition {
	return []connect.FieldDefinition{{Name: "file", Type: "STRING"}}
}

func value(text string) *string { return &text }

// validate judges a configuration by what is known of the plugin's fields.
func (s *Server) validate(r *http.Request) answer {
	asked := r.PathValue("class")
	var given map[string]string
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		return wrong(http.StatusInternalServerError, "Unexpected end-of-input or other: %v", err)
	}
	class := given["connector.class"]
	switch {
	case class == "":
		return wrong(http.StatusInternalServerError,
			"org.apache.kafka.connect.runtime.rest.errors.BadRequestException: Connector config {name=%s} contains no connector type", given["name"])
	case class != asked:
		return wrong(http.StatusBadRequest, "Included connector type %s does not match request type %s", class, asked)
	}
	plugin := s.plugin(class)
	if plugin == nil {
		return wrong(http.StatusInternalServerError, "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: "+
			"Failed to find any class that implements Connector and which name matches %s, available connectors are: …", class)
	}
	return answer{http.StatusOK, plugin.judge(class, given)}
}

// describe gives what a plugin can be configured with.
func (s *Server) describe(r *http.Request) answer {
	plugin := s.plugin(r.PathValue("class"))
	if plugin == nil {
		return wrong(http.StatusNotFound, "Unknown plugin %s.", r.PathValue("class"))
	}
	return answer{http.StatusOK, append(common(connect.ConnectorType(plugin.Type)), plugin.fields...)}
}

// plugin finds one by its class, or by the short forms of it that Kafka Connect knows.
func (s *Server) plugin(class string) *plugin {
	i := slices.IndexFunc(s.plugins, func(p plugin) bool {
		simple := p.Class[strings.LastIndexByte(p.Class, '.')+1:]
		return slices.Contains([]string{p.Class, simple, strings.TrimSuffix(simple, "Connector")}, class)
	})
	if i < 0 {
		return nil
	}
	return &s.plugins[i]
}

// plugin is a class that the worker has loaded.
type plugin struct {
	connect.Plugin
	fields []connect.FieldDefinition
}

func (p *plugin) judge(class string, given map[string]string) connect.Validation {
	judged := connect.Validation{Name: class, Groups: []string{}}
	kind := connect.ConnectorType(p.Type)
	for _, definition := range append(common(kind), p.fields...) {
		field := judge(definition, given)
		if kind == connect.Sink && strings.HasPrefix(definition.Name, "topics") && given["topics"] == "" && given["topics.regex"] == "" {
			field.Errors = append(field.Errors, "Must configure one of topics or topics.regex")
		}
		if len(field.Errors) > 0 {
			judged.ErrorCount += len(field.Errors)
		}
		judged.Configs = append(judged.Configs, connect.ValidatedField{Definition: definition, Value: field})
	}
	return judged
}

func judge(definition connect.FieldDefinition, given map[string]string) connect.FieldValue {
	field := connect.FieldValue{
		Name: definition.Name, Value: definition.DefaultValue, RecommendedValues: []string{}, Errors: []string{}, Visible: true,
	}
	text, is := given[definition.Name]
	switch {
	case !is && definition.Required:
		field.Errors = append(field.Errors, fmt.Sprintf("Missing required configuration %q which has no default value.", definition.Name))
	case !is:
	case definition.Type == typePassword:
		field.Value = value(hiddenValue)
	case definition.Type == typeInt:
		field.Value = value(text)
		if _, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32); err != nil {
			field.Value = nil
			field.Errors = append(field.Errors, fmt.Sprintf("Invalid value %s for configuration %s: Not a number of type INT", text, definition.Name))
		}
	default:
		field.Value = value(text)
	}
	return field
}
