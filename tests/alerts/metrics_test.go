package alerts

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listed are the metrics and the alerts that the document lists: what stands in code quotes at the head of a table's row.
func listed(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(docsFile)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, found := range regexp.MustCompile("(?m)^\\| `([A-Za-z_]+)`").FindAllStringSubmatch(string(text), -1) {
		names[found[1]] = true
	}
	require.NotEmpty(t, names)
	return names
}

// named are the metrics in an expression. Every selector has to keep to the application.
func named(t *testing.T, expression string) (metrics []string) {
	t.Helper()
	parsed, err := promQL.ParseExpr(expression)
	require.NoError(t, err, expression)
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is {
			name := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(selector.Name, "")
			metrics = append(metrics, name)
			matched := map[string]bool{}
			for _, matcher := range selector.LabelMatchers {
				matched[matcher.Name] = matcher.Type == labels.MatchEqual || matcher.Type == labels.MatchRegexp
			}
			for _, label := range []string{"juju_model", "juju_model_uuid", "juju_application"} {
				assert.True(t, matched[label], "%s in %s is of any %s", selector.Name, expression, label)
			}
		}
		return nil
	})
	return metrics
}

func TestAlertsNameMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	documented := listed(t)
	for name, rule := range rules(t) {
		assert.True(t, documented[name], "the alert %s is not in %s", name, docsFile)
		for _, metric := range named(t, rule.Expr) {
			assert.True(t, metric == "up" || documented[metric], "alert %s: there is no metric %s", name, metric)
		}
	}
}

func TestTheDocumentSaysHowBadEachAlertIs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(docsFile)
	require.NoError(t, err)
	all := rules(t)
	rows := regexp.MustCompile("(?m)^\\| `(KafkaConnect[A-Za-z]+)` \\| [^|]+ \\| ([a-z]+) \\| [^|]+ \\|$").FindAllStringSubmatch(string(text), -1)
	assert.Len(t, rows, len(all))
	for _, row := range rows {
		assert.Equal(t, all[row[1]].Labels["severity"], row[2], row[1])
	}
}

type panel struct {
	Type, Title string
	Description string
	Targets     []struct{ Expr string }
	GridPos     struct{ X, Y, W, H int }
}

func TestTheDashboardNamesMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var dashboard struct {
		UID, Title string
		Panels     []panel
		Templating struct {
			List []struct{ Name, Definition string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	documented, shown := listed(t), map[string]bool{}
	taken := map[[2]int]string{}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			for _, metric := range named(t, withoutVariables(target.Expr)) {
				assert.True(t, documented[metric], "panel %s: there is no metric %s", panel.Title, metric)
				shown[metric] = true
			}
		}
		assert.True(t, panel.Type == "row" || panel.Description != "" && len(panel.Targets) > 0, panel.Title)
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				assert.Empty(t, taken[[2]int{x, y}], "%s lies over another panel", panel.Title)
				taken[[2]int{x, y}] = panel.Title
			}
		}
		assert.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24, panel.Title)
	}
	for name := range documented {
		if strings.HasPrefix(name, "kafka_connect_gateway_requests") || strings.HasPrefix(name, "kafka_connect_connector") {
			assert.True(t, shown[name], "no panel shows %s", name)
		}
	}
	for _, variable := range dashboard.Templating.List {
		if variable.Definition != "" {
			assert.Contains(t, variable.Definition, "label_values(kafka_connect_worker_up")
		}
	}
}

// withoutVariables puts in what Grafana would.
func withoutVariables(expression string) string {
	return regexp.MustCompile(`\$[a-z_]+`).ReplaceAllString(strings.ReplaceAll(expression, "$__rate_interval", "5m"), "x")
}
