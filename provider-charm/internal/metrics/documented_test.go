package metrics_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/metrics"
)

// What the gateway and the JMX exporter tell is compared with the document where they run: in tests/e2e.
func TestTheDocumentListsTheMetricsOfUnitAndConnectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/observability.md")
	require.NoError(t, err)
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(kafka_connect_[a-z_]+)`").FindAllStringSubmatch(string(text), -1) {
		if !regexp.MustCompile(`^kafka_connect_(gateway|jmx)_`).MatchString(row[1]) {
			documented = append(documented, row[1])
		}
	}
	told := described(metrics.New("http://127.0.0.1:1", "none")...)
	slices.Sort(documented)
	slices.Sort(told)
	assert.Equal(t, documented, told)
}

// described are the names of all metrics that collectors can tell.
func described(collectors ...prometheus.Collector) (names []string) {
	for _, collector := range collectors {
		descs := make(chan *prometheus.Desc)
		go func() {
			defer close(descs)
			collector.Describe(descs)
		}()
		for desc := range descs {
			names = append(names, regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(desc.String())[1])
		}
	}
	return names
}
