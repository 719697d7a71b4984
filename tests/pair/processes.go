package pair

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Worker is the process of a unit's worker, whose services see the unit's files in seen; 0 when none runs.
func Worker(seen string) (pid int) {
	return first(processes("ConnectDistributed\x00" + filepath.Join(seen, "worker/worker.properties")))
}

// Gateways are the processes of a unit's gateway: there is one at most, unless something is wrong.
func Gateways(seen string) (pids []int) {
	return processes(filepath.Join(seen, "gateway/gateway.json"))
}

// Managers are the processes of Connect Manager on a unit with a root.
func Managers(root string) (pids []int) { return processes("serve\x00--config\x00" + root + "/") }

// Daemons are the processes of a unit's Pebble: that one which has its files in a directory.
func Daemons(directory string) (pids []int) {
	for _, pid := range processes("pebble\x00run\x00") {
		environment, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
		if err == nil && bytes.Contains(append([]byte{0}, environment...), []byte("\x00PEBBLE="+directory+"\x00")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// processes finds those with a text in their command line, the words of which end with zero bytes.
func processes(text string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is right
	for _, path := range all {
		command, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(command, []byte(text)) {
			continue
		}
		if pid, err := strconv.Atoi(strings.Split(path, "/")[2]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func first(pids []int) int {
	if len(pids) == 0 {
		return 0
	}
	return pids[0]
}
