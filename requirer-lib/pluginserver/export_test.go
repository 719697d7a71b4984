//go:build linux

package pluginserver

// For tests of the parts of Offer and Withdraw by themselves.
var (
	Digest  = digestOf
	Ensure  = ensure
	Running = running
	Stop    = stop
)
