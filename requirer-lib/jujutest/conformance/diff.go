package conformance

import (
	"fmt"
	"strings"
)

// Diff shows how two transcripts differ: lines that only want has with "-", lines that only got has with "+", each stretch
// below the step, unit and hook that it belongs to. It is empty when they are equal.
func Diff(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	common := commonLengths(a, b)
	var out strings.Builder
	var place place
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			place.pass(a[i])
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common[i+1][j] >= common[i][j+1]):
			place.tell(&out)
			fmt.Fprintf(&out, "- %s\n", a[i])
			i++
		default:
			place.tell(&out)
			fmt.Fprintf(&out, "+ %s\n", b[j])
			j++
		}
	}
	return out.String()
}

// commonLengths has at [i][j] how many lines a[i:] and b[j:] have in common, in their order.
func commonLengths(a, b []string) [][]int32 {
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}

// place is where in a transcript the diff is: the step, unit, hook and command line last passed, outermost first.
type place struct {
	lines [4]string
	told  bool
}

func (p *place) pass(line string) {
	p.told = false
	level := 2
	switch {
	case strings.HasPrefix(line, "== "):
		level = 0
	case strings.HasPrefix(line, "-- "):
		level = 1
	case strings.HasPrefix(line, "  $ "):
		level = 3
	case strings.HasPrefix(line, " "):
		return
	}
	p.lines[level] = line
	clear(p.lines[level+1:])
}

// tell writes the place, once until the transcripts agree again.
func (p *place) tell(out *strings.Builder) {
	if p.told {
		return
	}
	p.told = true
	out.WriteString("@\n")
	for _, line := range p.lines {
		if line != "" {
			fmt.Fprintf(out, "  %s\n", line)
		}
	}
}
