package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"connectcharms/requirer-lib/connect"
)

// One is what one sync in a process of its own says of itself.
type One struct {
	Seconds float64 `json:"seconds"`
	RSS     int     `json:"rss_kib"`  // the most it had
	Heap    uint64  `json:"heap_kib"` // in use, right after the sync
}

// RunOne is a process' own sync, with nothing to do.
func (s Sync) RunOne(ctx context.Context, out io.Writer, endpoint string, number int) error {
	owned, done, err := ownedAt(endpoint)
	if err != nil {
		return err
	}
	defer done()
	desired := s.wanted(number, connect.Stopped, "a")
	took, err := syncOnce(ctx, owned, desired)
	if err != nil {
		return err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	rss, err := mostMemory(os.Getpid())
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(One{Seconds: took.Seconds(), RSS: rss, Heap: memory.HeapInuse >> 10})
}

// Grow makes so many connectors, and says how long it took.
func (s Sync) Grow(ctx context.Context, endpoint string, number int) (time.Duration, error) {
	return s.Settle(ctx, endpoint, s.wanted(number, connect.Stopped, "a"))
}

// Memory measures a sync of many connectors with nothing to do, in a process of its own: command is that.
func (s Sync) Memory(ctx context.Context, endpoint, where string, number int, command func(endpoint string) *exec.Cmd) error {
	fmt.Fprintf(s.Out, "Memory with %d connectors (%s):\n\n| | most memory | heap after it | time |\n|---|--:|--:|--:|\n", number, where)
	document, err := command(endpoint).Output()
	if err != nil {
		return fmt.Errorf("a sync in a process of its own: %w", err)
	}
	var one One
	if err := json.Unmarshal(document, &one); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "| package connectors, one sync | %.1f MiB | %.1f MiB | %s |\n",
		float64(one.RSS)/1024, float64(one.Heap)/1024, short(time.Duration(one.Seconds*float64(time.Second))))
	if s.Peer != nil {
		result, err := s.Peer.run(ctx, peerTask{URL: endpoint, Mode: "read", Names: []string{"all"}})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.Out, "| kafka-connect-py, one listing | %.1f MiB | | %s |\n",
			float64(result.RSS)/1024, short(time.Duration(result.Seconds*float64(time.Second))))
	}
	fmt.Fprintln(s.Out)
	return nil
}

// mostMemory is the most memory that a process has had, in KiB.
func mostMemory(pid int) (int, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, is := strings.CutPrefix(lines.Text(), "VmHWM:"); is {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
		}
	}
	return 0, fmt.Errorf("process %d does not tell its memory", pid)
}
