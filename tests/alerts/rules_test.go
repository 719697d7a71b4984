package alerts

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	rulesFile     = "../../provider-charm/internal/cos/alerts.yaml"
	dashboardFile = "../../provider-charm/internal/cos/dashboard.json"
	docsFile      = "../../docs/observability.md"
)

// rules are the charm's alerts by name, for the application connect of model m.
func rules(t *testing.T) map[string]rulefmt.Rule {
	t.Helper()
	text, err := os.ReadFile(rulesFile)
	require.NoError(t, err)
	own := strings.ReplaceAll(string(text), "%%juju_topology%%", `juju_model="m", juju_model_uuid="u", juju_application="connect"`)
	groups, problems := rulefmt.Parse([]byte(own), false, model.LegacyValidation, promQL, slog.New(slog.DiscardHandler))
	require.Empty(t, problems)
	byName := map[string]rulefmt.Rule{}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			require.NotContains(t, byName, rule.Alert)
			byName[rule.Alert] = rule
		}
	}
	return byName
}

// outages is for each alert what makes it fire, and what is like it and does not. Series have a value a minute.
var outages = map[string]struct {
	fires, silent [][]string
	minutes       int    // after so many it fires; 30 when not said
	label, value  string // the alert names the culprit
}{
	"KafkaConnectUnitDown": {
		fires:  [][]string{{`up{job="gateway",juju_unit="connect/1"} 1x5 0x30`}},
		silent: [][]string{{`up{job="gateway"} 1x40`}, {`up{job="gateway"} 0x3 1 0x3 1 0x3 1 0x3 1 0x3 1 0x3 1 0x3 1 0x2`}},
		label:  "juju_unit", value: "connect/1",
	},
	"KafkaConnectWorkerDown": {
		fires:  [][]string{{`kafka_connect_worker_up 1x5 0x30`, `kafka_connect_worker_up{juju_unit="connect/1"} 1x40`}},
		silent: [][]string{{`kafka_connect_worker_up 1x26 0x3`, `kafka_connect_worker_up{juju_unit="connect/1"} 1x40`}}, // a restart
		label:  "juju_unit", value: "connect/0",
	},
	"KafkaConnectConnectorFailed": {
		// It moves to another unit's worker, and the alert goes on.
		fires: [][]string{{
			`kafka_connect_connector_failed{connector="a_r1",relation_id="1",application="app"} 1x28 _x10`,
			`kafka_connect_connector_failed{connector="a_r1",relation_id="1",application="app",juju_unit="connect/1"} _x28 1x10`,
		}},
		silent: [][]string{{`kafka_connect_connectors{state="running"} 1x40`}},
		label:  "connector", value: "a_r1",
	},
	"KafkaConnectTaskFailed": {
		fires:  [][]string{{`kafka_connect_connector_tasks_failed{connector="a_r1",relation_id="1",application="app"} 2x40`}},
		silent: [][]string{{`kafka_connect_connector_tasks_failed{connector="a_r1"} 1x20 _x20`}},
		label:  "application", value: "app",
	},
	"KafkaConnectUnassigned": {
		fires: [][]string{
			{`kafka_connect_connectors{relation_id="1",state="unassigned"} 0x40`, `kafka_connect_tasks{relation_id="1",state="unassigned"} 3x40`},
			{`kafka_connect_connectors{relation_id="1",state="unassigned"} 1x40`, `kafka_connect_tasks{relation_id="1",state="unassigned"} 0x40`},
		},
		silent: [][]string{{ // a rebalance
			`kafka_connect_connectors{relation_id="1",state="unassigned"} 0x40`,
			`kafka_connect_tasks{relation_id="1",state="unassigned"} 0x25 3x15`,
		}},
		label: "relation_id", value: "1",
	},
	"KafkaConnectGatewayRefusing": {
		fires:  [][]string{{`kafka_connect_gateway_requests_total{kind="client",method="GET",route="/connectors",code="401"} 0+600x40`}},
		silent: [][]string{{`kafka_connect_gateway_requests_total{kind="client",method="GET",route="/connectors",code="401"} 0+10x40`, `kafka_connect_gateway_requests_total{code="200"} 0+6000x40`}},
		label:  "code", value: "401",
	},
	"KafkaConnectGatewayFailing": {
		fires: [][]string{{
			`kafka_connect_gateway_requests_total{code="200"} 0+80x40`, `kafka_connect_gateway_requests_total{code="502"} 0+20x40`,
		}},
		silent: [][]string{
			{`kafka_connect_gateway_requests_total{code="200"} 0+99x40`, `kafka_connect_gateway_requests_total{code="502"} 0+1x40`},
			{`kafka_connect_gateway_requests_total{code="200"} 0x40`, `kafka_connect_gateway_requests_total{code="502"} 0x40`},
		},
		label: "juju_unit", value: "connect/0",
	},
	"KafkaConnectConfigReloadFailed": {
		fires:  [][]string{{`kafka_connect_gateway_config_last_reload_successful 0x40`}},
		silent: [][]string{{`kafka_connect_gateway_config_last_reload_successful 1x40`}},
		label:  "juju_unit", value: "connect/0",
	},
	// The series begin at 1767225600.
	"KafkaConnectCertificateExpiring": {
		fires:  [][]string{{`kafka_connect_gateway_certificate_expiry_timestamp_seconds{listener="clients"} 1767744000x40`}}, // six days
		silent: [][]string{{`kafka_connect_gateway_certificate_expiry_timestamp_seconds{listener="clients"} 1767916800x40`}}, // eight
		label:  "juju_unit", value: "connect/0",
	},
	"KafkaConnectCertificateExpired": {
		fires:  [][]string{{`kafka_connect_gateway_certificate_expiry_timestamp_seconds{listener="clients"} 1767225000x40`}},
		silent: [][]string{{`kafka_connect_gateway_certificate_expiry_timestamp_seconds{listener="clients"} 1767744000x40`}},
		label:  "juju_unit", value: "connect/0",
	},
	"KafkaConnectRolloutStuck": {
		fires:   [][]string{{`kafka_connect_restart_pending{juju_unit="connect/2"} 1x90`}},
		silent:  [][]string{{`kafka_connect_restart_pending 1x20 0 1x20 0 1x20`}},
		minutes: 60, label: "juju_unit", value: "connect/2",
	},
	"KafkaConnectPluginInstallFailing": {
		fires:  [][]string{{`kafka_connect_plugin_install_failing{relation_id="1",application="app"} 1x40`}},
		silent: [][]string{{`kafka_connect_plugin_install_failing{relation_id="1",application="app"} 0x20 1x10 0x10`}},
		label:  "application", value: "app",
	},
	"KafkaConnectClientWaiting": {
		fires: [][]string{{`kafka_connect_client_ready{relation_id="1",application="app"} 0x90`}},
		silent: [][]string{
			{`kafka_connect_client_ready{relation_id="1",application="app"} 0x40 1x60`},
			{ // the leader has changed
				`kafka_connect_client_ready{relation_id="1",application="app"} 0x90`,
				`kafka_connect_client_ready{relation_id="1",application="app",juju_unit="connect/1"} 1x90`,
			},
		},
		minutes: 80, label: "application", value: "app",
	},
	"KafkaConnectCharmSilent": {
		fires:   [][]string{{`kafka_connect_charm_last_hook_timestamp_seconds 1767225600x90`}},
		silent:  [][]string{{`kafka_connect_charm_last_hook_timestamp_seconds 1767225600+60x90`}},
		minutes: 80, label: "juju_unit", value: "connect/0",
	},
	"KafkaConnectWorkerHeapFull": {
		fires:  [][]string{{`jvm_memory_used_bytes{area="heap",job="worker"} 98x40`, `jvm_memory_max_bytes{area="heap",job="worker"} 100x40`}},
		silent: [][]string{{`jvm_memory_used_bytes{area="heap",job="worker"} 98x8 50x8 98x8 50x8 98x8`, `jvm_memory_max_bytes{area="heap",job="worker"} 100x40`}},
		label:  "juju_unit", value: "connect/0",
	},
}

func TestEachAlertFiresWhenItShouldAndOnlyThen(t *testing.T) {
	t.Parallel()
	all := rules(t)
	for name := range outages {
		assert.Contains(t, all, name, "a test of an alert that there is not")
	}
	for name, rule := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outage, tested := outages[name]
			require.True(t, tested, "there is no test of this alert")
			minutes, patience := max(outage.minutes, 30), time.Duration(rule.For)
			for _, series := range outage.fires {
				fires := firing(t, memory(t, series...), rule.Expr, patience, minutes)
				require.Len(t, fires, 1, series)
				assert.Equal(t, outage.value, fires[0].Get(outage.label), series)
				assert.Equal(t, "connect", fires[0].Get("juju_application"))
			}
			for _, series := range outage.silent {
				assert.Empty(t, firing(t, memory(t, series...), rule.Expr, patience, minutes), series)
			}
		})
	}
}

func TestAlertsSayWhatIsWrongAndHowBadItIs(t *testing.T) {
	t.Parallel()
	for name, rule := range rules(t) {
		assert.Contains(t, []string{"warning", "critical"}, rule.Labels["severity"], name)
		assert.NotEmpty(t, rule.Annotations["summary"], name)
		assert.NotEmpty(t, rule.Annotations["description"], name)
		assert.NotContains(t, rule.Annotations["description"], `"`, name)
	}
}
