package report

import (
	"fmt"
	"strings"
)

// Row is one thing that was measured, of ours and, where there is one, of a peer in the same run.
type Row struct {
	What       string
	Ours, Peer Sample
	PeerName   string // "": there is no peer to it
	Unit       Unit
	Note       string // such as why the peer could not be measured
}

// Better is how many times better than the peer's ours is: above 1 it is less time or memory, or more in a second.
func (r Row) Better() (Ratio, bool) { return better(r.Ours, r.Peer, r.Unit) }

// Table is rows that answer one question.
type Table struct {
	Title, Question string
	Rows            []Row
	Method          string // how it was measured, and what each side did
}

// markdown has no columns for what no row says.
func (t Table) markdown() string {
	hasPeers, hasNotes := false, false
	for _, row := range t.Rows {
		hasPeers = hasPeers || row.PeerName != ""
		hasNotes = hasNotes || row.Note != ""
	}
	heads, aligned := []string{"", "ours"}, []string{"---", "--:"}
	if hasPeers {
		heads, aligned = append(heads, "peer", "", "ours is better by"), append(aligned, "---", "--:", "--:")
	}
	if hasNotes {
		heads, aligned = append(heads, ""), append(aligned, "---")
	}
	var text strings.Builder
	if t.Title != "" {
		fmt.Fprintf(&text, "### %s\n\n", t.Title)
	}
	writeParagraph(&text, t.Question)
	writeCells(&text, heads)
	fmt.Fprintf(&text, "|%s|\n", strings.Join(aligned, "|"))
	for _, row := range t.Rows {
		writeCells(&text, row.cells(hasPeers, hasNotes))
	}
	text.WriteByte('\n')
	writeParagraph(&text, t.Method)
	return text.String()
}

func (r Row) cells(hasPeers, hasNotes bool) []string {
	cells := []string{r.What, r.Ours.Text(r.Unit)}
	if hasPeers {
		ratio, name, peer := "", "", ""
		if r.PeerName != "" {
			name, peer, ratio = r.PeerName, r.Peer.Text(r.Unit), "–"
		}
		if known, ok := r.Better(); ok {
			ratio = known.String()
		}
		cells = append(cells, name, peer, ratio)
	}
	if hasNotes {
		cells = append(cells, r.Note)
	}
	return cells
}

func writeCells(text *strings.Builder, cells []string) {
	text.WriteByte('|')
	for _, cell := range cells {
		fmt.Fprintf(text, " %s |", strings.ReplaceAll(cell, "|", "\\|"))
	}
	text.WriteByte('\n')
}

func writeParagraph(text *strings.Builder, paragraph string) {
	if paragraph != "" {
		fmt.Fprintf(text, "%s\n\n", paragraph)
	}
}
