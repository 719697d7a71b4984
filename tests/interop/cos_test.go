package interop

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

//go:embed testdata/cos.py
var cosScript string

// TestPythonLibraryReadsWhatIsToldToTheObservabilityStack has cosl, of which the stack's charms are built, read topology,
// alert rules and dashboards.
func TestPythonLibraryReadsWhatIsToldToTheObservabilityStack(t *testing.T) {
	t.Parallel()
	program := needPython(t)
	model := newModel(t)
	written := map[string]map[string]string{}
	for name, side := range map[string]struct{ role, endpoint, kind, writer string }{
		"scrape":  {"requires", "metrics-endpoint", "prometheus_scrape", "kafka-connect"},
		"grafana": {"requires", "grafana-dashboard", "grafana_dashboard", "kafka-connect"},
		"agent":   {"requires", "cos-agent", "cos_agent", unit},
		"logs":    {"provides", "logging", "loki_push_api", "kafka-connect"},
	} {
		metadata := fmt.Sprintf("name: %s\n%s:\n  %s:\n    interface: %s\n", name, side.role, side.endpoint, side.kind)
		require.NoError(t, model.Deploy(name, jujutest.FromFunc([]byte(metadata), nothing), jujutest.DeployOptions{}))
		relation, err := model.Integrate("kafka-connect", name)
		require.NoError(t, err)
		settle(t, model)
		written[name], err = model.RelationData(relation, side.writer)
		require.NoError(t, err)
	}
	input, err := json.Marshal(written)
	require.NoError(t, err)
	output, err := runPython(t.Context(), program, cosScript, input)
	require.NoError(t, err)

	var read struct {
		Identifier, Matchers, Logs string
		Groups                     []struct {
			Name  string
			Rules []struct {
				Expr   string
				Labels map[string]string
			}
		}
		RuleLabels map[string]string `json:"rule_labels"`
		Dashboards []string
	}
	require.NoError(t, json.Unmarshal(output, &read))
	assert.Equal(t, fmt.Sprintf("%s_%.8s_kafka-connect", model.Name(), model.UUID()), read.Identifier)
	assert.Equal(t, read.Identifier, read.Logs)
	assert.Equal(t, []string{"Kafka Connect", "Kafka Connect"}, read.Dashboards)
	require.Len(t, read.Groups, 1)
	assert.Regexp(t, `_[0-9a-f]{8}_kafka_connect_kafka_connect_rules$`, read.Groups[0].Name, "the library takes it as it is")
	for _, rule := range read.Groups[0].Rules {
		assert.Contains(t, rule.Expr, read.Matchers, "the library's own matchers")
		for label, value := range read.RuleLabels {
			assert.Equal(t, value, rule.Labels[label])
		}
	}
}

// nothing is a charm that does nothing.
func nothing(context.Context, *hook.Hook) error { return nil }
