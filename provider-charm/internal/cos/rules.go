package cos

import (
	_ "embed"
	"maps"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// alertRules is a rules file of Prometheus in which %%juju_topology%% stands for the matchers of the application.
//
//go:embed alerts.yaml
var alertRules []byte

const topologyMark = "%%juju_topology%%"

type rulesFile struct {
	Groups []ruleGroup `yaml:"groups" json:"groups"`
}

type ruleGroup struct {
	Name  string `yaml:"name" json:"name"`
	Rules []rule `yaml:"rules" json:"rules"`
}

type rule struct {
	Alert       string            `yaml:"alert" json:"alert"`
	Expr        string            `yaml:"expr" json:"expr"`
	For         string            `yaml:"for" json:"for,omitempty"`
	Labels      map[string]string `yaml:"labels" json:"labels"`
	Annotations map[string]string `yaml:"annotations" json:"annotations"`
}

// notInName is what Prometheus does not take in names.
var notInName = regexp.MustCompile(`[^a-zA-Z0-9_:]`)

// rules are the alert rules of one application: they watch its own series only.
func rules(of Topology) rulesFile {
	var file rulesFile
	if err := yaml.Unmarshal(alertRules, &file); err != nil {
		panic(err) // the file is part of this program
	}
	for i := range file.Groups {
		group := &file.Groups[i]
		group.Name = notInName.ReplaceAllString(of.identifier()+"_"+group.Name+"_rules", "_")
		for j := range group.Rules {
			rule := &group.Rules[j]
			rule.Expr = strings.TrimSpace(strings.ReplaceAll(rule.Expr, topologyMark, of.matchers()))
			labels := of.ruleLabels()
			maps.Copy(labels, rule.Labels)
			rule.Labels = labels
		}
	}
	return file
}
