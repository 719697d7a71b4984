package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What a hook has opened that was killed, is not open, while what it has written to files is there.
func TestPortsAreOpenedUntilTheReportSaysSo(t *testing.T) {
	t.Parallel()
	w := settled(t)
	assert.Nil(t, openPorts(w))
	w.Own.Ports = nil
	assert.Equal(t, OpenPorts{Ports: []int{8083}}, openPorts(w))
	assert.Nil(t, openPorts(w), "once in a hook")

	w = settled(t)
	w.Config.Port = 9000
	assert.Equal(t, OpenPorts{Ports: []int{9000}}, openPorts(w))

	w = settled(t)
	w.Own.Ports, w.Services.Written = nil, ""
	assert.Nil(t, openPorts(w), "nothing listens yet")
}
