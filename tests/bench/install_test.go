package bench

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/tests/bench/report"
)

func TestWhatGosBenchmarksSayIsRead(t *testing.T) {
	t.Parallel()
	said := []byte(`goos: linux
BenchmarkInstallAgainstTheToolsAtHand-2   	       5	 415000000 ns/op	  70.1 MB/s	       630.2 ms/bare	       415.0 ms/install	      2160 ms/sync
BenchmarkInstallAgainstTheToolsAtHand-2   	       5	 515000000 ns/op	  70.1 MB/s	       730.2 ms/bare	       5.15e+02 ms/install	      2160 ms/sync
PASS
`)
	assert.Equal(t, report.Sample{0.415, 0.515}, metric(said, "install"))
	assert.Empty(t, metric(said, "nothing"))
}
