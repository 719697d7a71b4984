package cli

import "strings"

// line writes cells side by side.
func (s *session) line(cells ...cell) {
	var b strings.Builder
	for _, each := range cells {
		b.WriteString(s.coloured(cellText(each.text), each.colour))
	}
	_, _ = s.Out.Write([]byte(b.String() + "\n"))
}

// trace writes what went wrong, below what it went wrong with: the first line of it, or all.
func (s *session) trace(indent, trace string, whole bool) {
	if trace == "" {
		return
	}
	lines := []string{head(trace)}
	if whole {
		lines = strings.Split(strings.TrimSpace(trace), "\n")
	}
	for _, each := range lines {
		s.line(cell{indent + strings.ReplaceAll(strings.TrimRight(each, "\r"), "\t", "  "), red})
	}
}
