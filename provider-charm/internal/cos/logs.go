package cos

import (
	"encoding/json"
	"fmt"
	"net/url"

	"connectcharms/requirer-lib/hook"
)

// LogsApplication is the application's databag in a loki_push_api relation. It brings no alert rules: what a log line
// means is told by a metric better.
func LogsApplication(of Topology) hook.Databag {
	of.Unit = ""
	return hook.Databag{"metadata": encode(of), "alert_rules": "{}"}
}

// LogEndpoint reads where a unit on the other side of a loki_push_api relation takes logs. A unit that has not said so
// yet gives an empty URL.
func LogEndpoint(unit hook.Databag) (location string, err error) {
	if unit["endpoint"] == "" {
		return "", nil
	}
	var endpoint struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal([]byte(unit["endpoint"]), &endpoint); err != nil {
		return "", fmt.Errorf("logs cannot be sent: endpoint is not the JSON of loki_push_api: %w", err)
	}
	parsed, err := url.Parse(endpoint.URL)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return "", fmt.Errorf("logs cannot be sent: %.100q is not the URL of an HTTP server", endpoint.URL)
	}
	return endpoint.URL, nil
}

// LogLabels are on every line that is sent, as the charms of the stack have them.
func LogLabels(of Topology) map[string]string {
	return map[string]string{
		"product": "Juju", "charm": of.Charm, "job": "juju_" + of.identifier(),
		"juju_model": of.Model, "juju_model_uuid": of.ModelUUID, "juju_application": of.Application, "juju_unit": of.Unit,
	}
}
