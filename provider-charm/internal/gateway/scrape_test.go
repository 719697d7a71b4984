package gateway_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

// reload writes the configuration with a change and has the gateway take it.
func (f *fixture) reload(t *testing.T, change func(*gateway.Config)) gateway.Status {
	t.Helper()
	change(&f.config)
	f.writeConfig(t)
	done, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Empty(t, done.Restart)
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	return status
}

// get asks an address for a path, without an account.
func get(t *testing.T, address, path string) (code int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	require.NoError(t, err)
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

func TestAReloadOpensMovesAndClosesTheMetrics(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Empty(t, status.Metrics)

	// On addresses of the test's own: no other connection takes a port of theirs as soon as it is free.
	first := f.reload(t, func(c *gateway.Config) { c.Metrics = "127.3.0.1:0" }).Metrics
	code, body := get(t, first, "/metrics")
	assert.Equal(t, 200, code)
	assert.Contains(t, body, "kafka_connect_gateway_accounts 3\n")

	second := f.reload(t, func(c *gateway.Config) { c.Metrics = "127.3.0.2:0" }).Metrics
	code, _ = get(t, second, "/metrics")
	assert.Equal(t, 200, code)
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", first)
	require.ErrorContains(t, err, "connection refused")

	assert.Empty(t, f.reload(t, func(c *gateway.Config) { c.Metrics = "" }).Metrics)
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", second)
	require.ErrorContains(t, err, "connection refused")
}

func TestMetricsThatCannotBeServedKeepNoClientOut(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.3.0.3:0") // an address of its own: it is to be free later
	require.NoError(t, err)
	f := start(t, says(200, `{}`), withConfig(func(c *gateway.Config) { c.Metrics = taken.Addr().String() }))
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Contains(t, status.MetricsProblem, "cannot listen for metrics: ")
	assert.Contains(t, status.MetricsProblem, "address already in use")
	assert.Equal(t, 200, f.do(t, f.operator, "GET", "/connectors", "").status)

	require.NoError(t, taken.Close())
	status = f.reload(t, func(*gateway.Config) {})
	assert.Empty(t, status.MetricsProblem)
	code, _ := get(t, status.Metrics, "/metrics")
	assert.Equal(t, 200, code)
}

func TestTheWorkersExporterIsPassedOn(t *testing.T) {
	t.Parallel()
	exporter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/metrics", r.URL.Path)
		assert.Empty(t, r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, "jvm_threads_current 5\n")
	}))
	f := start(t, says(200, `{}`), withConfig(func(c *gateway.Config) { c.Metrics = "127.0.0.1:0" }))
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	code, _ := get(t, status.Metrics, "/metrics/worker")
	assert.Equal(t, 404, code, "there is none")

	f.reload(t, func(c *gateway.Config) { c.MetricsWorker = exporter.URL + "/metrics" })
	code, body := get(t, status.Metrics, "/metrics/worker")
	assert.Equal(t, 200, code)
	assert.Equal(t, "jvm_threads_current 5\n", body)

	exporter.Close()
	code, body = get(t, status.Metrics, "/metrics/worker")
	assert.Equal(t, 502, code)
	assert.Contains(t, body, "the worker's exporter does not answer")
	code, _ = get(t, status.Metrics, "/metrics")
	assert.Equal(t, 200, code, "the gateway's own go on")
}

func TestTheExporterIsOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	for _, elsewhere := range []string{"http://10.0.0.1:8086/metrics", "http://localhost:8086/", "file:///etc/passwd", "https://127.0.0.1:8086", "http://a@127.0.0.1:1/"} {
		f.config.MetricsWorker = elsewhere
		f.writeConfig(t)
		_, err := f.control.Reload(t.Context())
		require.ErrorContains(t, err, "it must be of the form http://127.0.0.1:8086/metrics, on loopback", elsewhere)
	}
}
