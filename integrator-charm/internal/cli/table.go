package cli

import (
	"strings"
	"unicode/utf8"

	"connectcharms/requirer-lib/connect"
)

// cell is one text of a table, in a colour.
type cell struct {
	text   string
	colour colour
}

func plain(text string) cell { return cell{text: text} }

// colour is a terminal's.
type colour string

const (
	none   colour = ""
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	faint  colour = "2"
)

// colourOf is that of a state.
func colourOf(state connect.State) colour {
	switch state {
	case connect.Running:
		return green
	case connect.Failed:
		return red
	case connect.Paused, connect.Stopped:
		return faint
	}
	return yellow
}

// hasColours follows https://no-color.org.
func (s *session) hasColours() bool {
	plain, _ := s.Environ("NO_COLOR")
	terminal, _ := s.Environ("TERM")
	return s.OutTerminal && plain == "" && terminal != "dumb"
}

func (s *session) coloured(text string, with colour) string {
	if with == none || !s.hasColours() {
		return text
	}
	return "\x1b[" + string(with) + "m" + text + "\x1b[0m"
}

// table writes rows with their columns aligned, below a head. Without rows it writes nothing.
func (s *session) table(head []string, rows [][]cell) {
	if len(rows) == 0 {
		return
	}
	widths := make([]int, len(head))
	heads := make([]cell, len(head))
	for i, text := range head {
		heads[i] = plain(text)
	}
	rows = append([][]cell{heads}, rows...)
	for _, row := range rows {
		for i := range row {
			row[i].text = cellText(row[i].text)
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].text))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		s.writeRow(&b, row, widths)
	}
	_, _ = s.Out.Write([]byte(b.String()))
}

func (s *session) writeRow(b *strings.Builder, row []cell, widths []int) {
	last := len(row) - 1
	for last > 0 && row[last].text == "" {
		last--
	}
	for i, cell := range row[:last+1] {
		b.WriteString(s.coloured(cell.text, cell.colour))
		if i < last {
			b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.text)+2))
		}
	}
	b.WriteByte('\n')
}
