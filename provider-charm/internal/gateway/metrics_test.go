package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

// scrape gets the metrics as Prometheus does.
func (f *fixture) scrape(t testing.TB) string {
	t.Helper()
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+status.Metrics+"/metrics", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode)
	return string(body)
}

func TestMetricsCountWhatHappens(t *testing.T) {
	t.Parallel()
	certificate := issue(t, time.Hour)
	f := start(t, says(200, `{}`), withTLS(t, certificate, true), withConfig(func(c *gateway.Config) { c.Metrics = "127.0.0.1:0" }))
	f.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "another_part"}, func() float64 { return 7 }))
	f.do(t, f.one, "GET", "/connectors/a/status", "")
	f.do(t, f.one, "GET", "/connectors/b/status", "")
	f.do(t, f.operator, "GET", "/admin/loggers", "")
	f.do(t, anonymous, "DELETE", "/connectors/a", "")
	metrics := f.scrape(t)
	for _, line := range []string{
		`kafka_connect_gateway_requests_total{code="200",kind="client",method="GET",route="/connectors/{connector}/status"} 2`,
		`kafka_connect_gateway_requests_total{code="200",kind="operator",method="GET",route="/admin/loggers"} 1`,
		`kafka_connect_gateway_requests_total{code="401",kind="nobody",method="DELETE",route="/connectors/{connector}"} 1`,
		`kafka_connect_gateway_request_duration_seconds_count{method="GET",route="/connectors/{connector}/status"} 2`,
		`kafka_connect_gateway_in_flight_requests 0`,
		`kafka_connect_gateway_limited_total{reason="rate"} 0`,
		`kafka_connect_gateway_accounts 3`,
		`kafka_connect_gateway_upstream_up 1`,
		`kafka_connect_gateway_config_last_reload_successful 1`,
		`another_part 7`,
	} {
		assert.Contains(t, metrics, line+"\n")
	}
	assert.Regexp(t, `certificate_expiry_timestamp_seconds\{listener="clients"\} 1\.\d+e\+09`, metrics)
	assert.NotContains(t, metrics, `listener="workers"`, "there is no identity")

	issue(t, -time.Minute).put(t, *f.config.TLS)
	_, err := f.control.Reload(t.Context())
	require.Error(t, err)
	assert.Contains(t, f.scrape(t), "kafka_connect_gateway_config_last_reload_successful 0\n")
	assert.Equal(t, 404, f.do(t, f.operator, "GET", "/metrics", "").status, "not at the clients' port")
}

func TestNoClientMakesUpLabels(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`), withConfig(func(c *gateway.Config) { c.Metrics = "127.0.0.1:0" }))
	for i := range 50 {
		f.do(t, f.one, fmt.Sprintf("METHOD%d", i), "/connectors", "")
		f.do(t, f.one, "GET", fmt.Sprintf("/made/up/%d", i), "")
		f.do(t, f.one, "GET", fmt.Sprintf("/connectors/made-up-%d", i), "")
	}
	metrics := f.scrape(t)
	assert.NotContains(t, metrics, "METHOD")
	assert.NotRegexp(t, `made.up`, metrics)
	assert.Less(t, strings.Count(metrics, "kafka_connect_gateway_requests_total{"), 6)
}
