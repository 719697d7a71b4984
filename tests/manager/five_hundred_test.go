package manager_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
)

// Of 500 connections, half are to a real broker, and half to what accepts and never answers. The live ones stay fresh: the
// age of what is known of them is measured and logged, and held to the interval in a time of its own in package connections.
func halfOf500AreSilent(t *testing.T, h *house) {
	const each, interval = 250, 10 * time.Second
	s := h.stage(t)
	silent := silentTarget(t)
	var specs strings.Builder
	for i := range each {
		fmt.Fprintf(&specs, "\n    - {id: live-%d, type: DIRECT, kafka_cluster: {bootstrap_servers: %q}}", i, s.broker.Bootstrap())
		fmt.Fprintf(&specs, "\n    - {id: dead-%d, type: DIRECT, kafka_cluster: {bootstrap_servers: %q}}", i, silent)
	}
	s.write("state.yaml", "connectors: []\n")
	s.configure(fmt.Sprintf("connections:\n    interval: %s\n    specs:%s", interval, specs.String()), "main: {endpoints: ['"+s.worker.URL()+"'], state: state.yaml}")
	s.begin()

	var oldest time.Duration
	rounds := map[string]map[time.Time]bool{} // of each live one, when it got in
	dead := map[string]bool{}                 // those that have failed
	require.Eventually(t, func() bool {
		live := 0
		for _, one := range get[[]connection.Resource](s, "/api/v1/connections") {
			id, is := one.Spec.ID, one.Status.KafkaCluster
			switch {
			case strings.HasPrefix(id, "live-") && !is.LastSuccessTime.IsZero():
				oldest = max(oldest, time.Since(is.LastSuccessTime))
				if rounds[id] == nil {
					rounds[id] = map[time.Time]bool{}
				}
				if rounds[id][is.LastSuccessTime] = true; len(rounds[id]) >= 2 {
					live++
				}
			case strings.HasPrefix(id, "dead-") && is.State == connection.Failed:
				dead[id] = true
			}
		}
		return live == each && len(dead) == each
	}, 5*time.Minute, 250*time.Millisecond, "each of the live half has got in twice, and each of the other has failed")
	t.Logf("with an interval of %s, what was known of the live half was %s old at most", interval, oldest.Round(time.Millisecond))
}

// silentTarget accepts, reads, and never answers, until the test ends.
func silentTarget(t *testing.T) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				_, _ = io.Copy(io.Discard, conn)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}
