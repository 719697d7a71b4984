package cos_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"

	"connectcharms/provider-charm/internal/cos"
	"connectcharms/requirer-lib/hook"
)

var update = flag.Bool("update", false, "write the golden files anew")

var topology = cos.Topology{
	Model: "prod", ModelUUID: "59060ecc-0495-4a80-8006-5f1fc13fd783", Application: "connect", Unit: "connect/0", Charm: "kafka-connect",
}

// golden compares a databag, its JSON values laid out, with a file.
func golden(t *testing.T, name string, bag hook.Databag) {
	t.Helper()
	readable := map[string]any{}
	for key, value := range bag {
		var decoded any
		if err := json.Unmarshal([]byte(value), &decoded); err != nil {
			decoded = value
		}
		readable[key] = decoded
	}
	got, err := json.MarshalIndent(readable, "", "  ")
	require.NoError(t, err)
	got = append(regexp.MustCompile(`"/Td6[^"]+"`).ReplaceAll(got, []byte(`"(dashboard as xz and base64)"`)), '\n')
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func TestDatabagsForPrometheus(t *testing.T) {
	t.Parallel()
	golden(t, "prometheus_scrape", cos.ScrapeApplication(topology, cos.Endpoint{Host: "10.0.0.1", Port: 9404, Worker: true}))
	assert.Equal(t, hook.Databag{"prometheus_scrape_unit_address": "10.0.0.1", "prometheus_scrape_unit_name": "connect/0"},
		cos.ScrapeUnit("connect/0", "10.0.0.1"))
}

func TestDatabagForTheAgentOnTheMachine(t *testing.T) {
	t.Parallel()
	golden(t, "cos_agent", cos.Agent(topology, cos.Endpoint{Host: "127.0.0.1", Port: 9404}))
}

func TestDatabagForGrafana(t *testing.T) {
	t.Parallel()
	golden(t, "grafana_dashboard", cos.Dashboards(topology))
}

func TestDatabagForLoki(t *testing.T) {
	t.Parallel()
	golden(t, "loki_push_api", cos.LogsApplication(topology))
}

func TestTheDashboardComesOutAsItWentIn(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	forGrafana := cos.Dashboards(topology)
	var dashboards struct {
		Templates map[string]struct{ Content string }
	}
	require.NoError(t, json.Unmarshal([]byte(forGrafana["dashboards"]), &dashboards))
	assert.Equal(t, string(want), unpack(t, dashboards.Templates["file:kafka-connect"].Content))

	forAgent := cos.Agent(topology, cos.Endpoint{Host: "127.0.0.1", Port: 9404})
	var config struct{ Dashboards []string }
	require.NoError(t, json.Unmarshal([]byte(forAgent["config"]), &config))
	require.Len(t, config.Dashboards, 1)
	assert.Equal(t, string(want), unpack(t, config.Dashboards[0]))
}

func unpack(t *testing.T, content string) string {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(content)
	require.NoError(t, err)
	reader, err := xz.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	document, err := io.ReadAll(reader)
	require.NoError(t, err)
	return string(document)
}

func TestWithoutAPortNothingIsToBeScraped(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "[]", cos.ScrapeApplication(topology, cos.Endpoint{Worker: true})["scrape_jobs"])
	assert.Contains(t, cos.Agent(topology, cos.Endpoint{})["config"], `"metrics_scrape_jobs":[]`)
}

func TestRulesWatchTheApplicationsOwnSeriesOnly(t *testing.T) {
	t.Parallel()
	bag := cos.ScrapeApplication(topology, cos.Endpoint{Port: 9404})
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr string
				Labels      map[string]string
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(bag["alert_rules"]), &rules))
	require.Len(t, rules.Groups, 1)
	assert.Equal(t, "prod_59060ecc_connect_kafka_connect_rules", rules.Groups[0].Name)
	for _, rule := range rules.Groups[0].Rules {
		selectors := strings.Count(rule.Expr, "{")
		assert.Positive(t, selectors, rule.Alert)
		assert.Equal(t, selectors, strings.Count(rule.Expr,
			`juju_model="prod", juju_model_uuid="59060ecc-0495-4a80-8006-5f1fc13fd783", juju_application="connect"}`), rule.Alert)
		assert.Equal(t, "59060ecc-0495-4a80-8006-5f1fc13fd783", rule.Labels["juju_model_uuid"], rule.Alert)
		assert.Contains(t, []string{"warning", "critical"}, rule.Labels["severity"], rule.Alert)
		assert.NotContains(t, rule.Labels, "juju_unit", rule.Alert)
	}
}

func TestWhereLogsGo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ endpoint, location, problem string }{
		"said":         {`{"url":"http://10.1.0.5:3100/loki/api/v1/push"}`, "http://10.1.0.5:3100/loki/api/v1/push", ""},
		"over TLS":     {`{"url":"https://loki.example/loki/api/v1/push"}`, "https://loki.example/loki/api/v1/push", ""},
		"not yet":      {"", "", ""},
		"no JSON":      {"http://x", "", "logs cannot be sent: endpoint is not the JSON of loki_push_api"},
		"no URL":       {`{"url":"loki"}`, "", `logs cannot be sent: "loki" is not the URL of an HTTP server`},
		"another word": {`{"url":"file:///etc/passwd"}`, "", `logs cannot be sent: "file:///etc/passwd" is not the URL of an HTTP server`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			location, err := cos.LogEndpoint(hook.Databag{"endpoint": test.endpoint})
			assert.Equal(t, test.location, location)
			if test.problem == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, test.problem)
			}
		})
	}
}

func TestLogLinesCarryTheTopology(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string]string{
		"product": "Juju", "charm": "kafka-connect", "job": "juju_prod_59060ecc_connect", "juju_model": "prod",
		"juju_model_uuid": "59060ecc-0495-4a80-8006-5f1fc13fd783", "juju_application": "connect", "juju_unit": "connect/0",
	}, cos.LogLabels(topology))
}
