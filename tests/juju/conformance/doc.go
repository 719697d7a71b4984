// Package conformance runs the scenarios of connectcharms/requirer-lib/jujutest/conformance on a real Juju controller, and
// holds the recordings that jujutest is compared with to it. Its test needs the controller of tests/juju/controller to be up, or
// that of tests/juju/kubernetes:
//
//	KAFKA_CONNECT_INTEGRATION=machines go test -count=1 -v ./conformance             # compare
//	KAFKA_CONNECT_INTEGRATION=kubernetes go test -count=1 -v ./conformance -update   # record anew
package conformance
