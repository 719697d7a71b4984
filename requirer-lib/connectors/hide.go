package connectors

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// hide is a configuration to look at. connect.Settings hides by names; this, what else is known to be secret.
func hide(config connect.Settings, isSecret func(key string) bool) connect.Settings {
	var secrets []string
	for key, value := range config {
		if isSecret(key) {
			secrets = append(secrets, value)
		}
	}
	shown := maps.Clone(config)
	for key, value := range shown {
		if isSecret(key) {
			shown[key] = "***"
		} else {
			shown[key] = connect.RedactTexts(value, secrets...)
		}
	}
	return shown
}

// redacted is a status whose traces quote no secret. It asks for the secrets where there is a trace, which is seldom.
func redacted(status connect.Status, secrets func() []string) connect.Status {
	hasTrace := func(task connect.TaskState) bool { return task.Trace != "" }
	if status.Connector.Trace == "" && !slices.ContainsFunc(status.Tasks, hasTrace) {
		return status
	}
	texts := secrets()
	status.Connector.Trace = connect.RedactTexts(status.Connector.Trace, texts...)
	status.Tasks = slices.Clone(status.Tasks)
	for i := range status.Tasks {
		status.Tasks[i].Trace = connect.RedactTexts(status.Tasks[i].Trace, texts...)
	}
	return status
}

type shownConnector Connector

func (c Connector) shown() shownConnector {
	c.Config = hide(c.Config, c.isSecret)
	return shownConnector(c)
}

// Format covers every verb of package fmt, by itself and as a field.
func (c Connector) Format(state fmt.State, verb rune) {
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), c.shown())
}

// MarshalJSON is what a log in JSON shows.
func (c Connector) MarshalJSON() ([]byte, error) { return json.Marshal(c.shown()) }

// LogValue covers package slog.
func (c Connector) LogValue() slog.Value { return slog.AnyValue(c.shown()) }

type shownFound Found

func (f Found) shown() shownFound {
	f.Config = hide(f.Config, f.isSecret)
	return shownFound(f)
}

// Format covers every verb of package fmt, by itself and as a field.
func (f Found) Format(state fmt.State, verb rune) {
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), f.shown())
}

// MarshalJSON is what a log in JSON shows.
func (f Found) MarshalJSON() ([]byte, error) { return json.Marshal(f.shown()) }

// LogValue covers package slog.
func (f Found) LogValue() slog.Value { return slog.AnyValue(f.shown()) }
