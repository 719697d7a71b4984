package faults

import (
	"fmt"
	"io"
	"strings"
)

// told is how many of the last hooks are told of.
const told = 40

// tell writes what may say why the pair did not hold: the last hooks, with what they did, and the failed ones as a whole.
func (s *Stage) tell(to io.Writer) {
	runs := s.HookLog()
	for _, run := range runs[max(0, len(runs)-told):] {
		fmt.Fprintf(to, "%s %s %s %s\n", run.Started.Format("15:04:05.000"), run.Unit, run.Name, run.Err)
		for line := range strings.Lines(run.Output) {
			fmt.Fprint(to, "\t", line)
		}
	}
}
