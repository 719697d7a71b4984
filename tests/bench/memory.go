package bench

import (
	"context"
	"fmt"
	"time"

	"connectcharms/requirer-lib/connect"
)

// Memory measures what a sync of many connectors, with nothing to do, has of it. They are made first.
func (s Sync) Memory(ctx context.Context, endpoint string, number int) error {
	desired := s.wanted(number, connect.Stopped, "a")
	made, err := s.Settle(ctx, endpoint, desired)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "Memory with %d connectors (stopped, made in %s), the whole process:\n\n| | most memory | time |\n|---|--:|--:|\n", number, short(made))
	if s.Program != nil {
		took, memory, err := s.Program.sync(ctx, endpoint, desired)
		if err != nil {
			return err
		}
		s.memoryRow("connect-manager sync", memory, took)
		if took, memory, err = s.Program.serve(ctx, endpoint, desired); err != nil {
			return err
		}
		s.memoryRow("connect-manager serve, and a sync in it", memory, took)
	}
	if s.Peer != nil {
		result, err := s.Peer.run(ctx, peerTask{URL: endpoint, Mode: "read", Names: []string{"all"}})
		if err != nil {
			return err
		}
		s.memoryRow("kafka-connect-py, one listing", result.RSS, result.took())
	}
	fmt.Fprintln(s.Out)
	return nil
}

func (s Sync) memoryRow(who string, memory int64, took time.Duration) {
	fmt.Fprintf(s.Out, "| %s | %.1f MiB | %s |\n", who, float64(memory)/1024, short(took))
}
