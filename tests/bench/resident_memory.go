package bench

import (
	"fmt"
	"os"
	"strings"
)

// What Linux says of a process' resident memory. Of the most that one has had who was started by another, ru_maxrss would tell
// that of the other too.
const (
	nowadays = "VmRSS"
	mostEver = "VmHWM"
)

// memoryOf is in bytes.
func memoryOf(pid int, which string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\n"+which+":")
	var size int64
	if _, err := fmt.Sscanf(rest, "%d kB", &size); err != nil {
		return 0, fmt.Errorf("process %d: its memory cannot be read: %w", pid, err)
	}
	return float64(size << 10), nil
}
