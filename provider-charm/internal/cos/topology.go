package cos

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Topology says where in Juju something comes from.
type Topology struct {
	Model       string `json:"model"`
	ModelUUID   string `json:"model_uuid"`
	Application string `json:"application"`
	Unit        string `json:"unit"`
	Charm       string `json:"charm_name"`
}

// ruleLabels are on each alert. A unit is left out: the rules are the application's.
func (t Topology) ruleLabels() map[string]string {
	return map[string]string{
		"juju_model": t.Model, "juju_model_uuid": t.ModelUUID, "juju_application": t.Application, "juju_charm": t.Charm,
	}
}

// matchers keep an expression to the application's own series.
func (t Topology) matchers() string {
	return fmt.Sprintf("juju_model=%s, juju_model_uuid=%s, juju_application=%s",
		strconv.Quote(t.Model), strconv.Quote(t.ModelUUID), strconv.Quote(t.Application))
}

// identifier names the application among those of all models that one Prometheus watches.
func (t Topology) identifier() string {
	return strings.ReplaceAll(fmt.Sprintf("%s_%.8s_%s", t.Model, t.ModelUUID, t.Application), "/", "_")
}

// encode is JSON for a databag. Map keys are in order, so the same things give the same text.
func encode(value any) string {
	document, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value here is made of texts and lists
	}
	return string(document)
}
