package charm

import (
	"fmt"
	"strconv"
	"strings"
)

// memoryBeside is what a worker's container takes beside the worker's heap, in MiB: the rest of its JVM, the gateway, Pebble.
const memoryBeside = 256

// checkMemory refuses a heap that does not fit into the container: the kernel would kill the worker once it is used.
func (w *World) checkMemory() {
	limit, needed := w.Runtime.MemoryMiB, w.Config.HeapMiB+memoryBeside
	if limit == 0 || needed <= limit || w.Config.Problem != "" {
		return
	}
	w.Config.Problem = fmt.Sprintf("config worker-heap is %d MiB, which takes %d in all, and the container's limit is %d: lower it, or deploy with the constraint mem=%dM",
		w.Config.HeapMiB, needed, limit, needed)
}

// cgroupLimits are the files in which a container's memory limit stands, in version 2 of control groups and in 1.
var cgroupLimits = []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}

// limitIn reads such a file, in MiB; 0 for no limit, which version 1 writes as a number beyond all memory.
func limitIn(text string) int {
	const beyond = 1 << 60
	bytes, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || bytes < 0 || bytes > beyond {
		return 0
	}
	return int(bytes >> 20)
}
