package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// shown is how many of the best and of the worst rows are shown above all sections, and shownOfOne how many of one section.
const (
	shown      = 10
	shownOfOne = 3
)

// compared is a row with a peer, and where it stands.
type compared struct {
	section, where string
	row            Row
	ratio          Ratio
}

// extremes are the rows in which ours is furthest ahead of a peer, and those in which it is furthest behind or least ahead.
func (r Report) extremes() string {
	all := r.compared()
	if len(all) == 0 {
		return ""
	}
	slices.SortStableFunc(all, func(a, b compared) int { return cmp.Compare(b.ratio.Median, a.ratio.Median) })
	best := first(all)
	slices.Reverse(all)
	worst := first(all)
	var text strings.Builder
	text.WriteString("## Best and worst\n\n")
	writeCompared(&text, "Furthest ahead of a peer:", best)
	writeCompared(&text, "Furthest behind, or least ahead:", worst)
	return text.String()
}

// first are the first rows, at most half of all, so that none is shown as best and as worst.
func first(sorted []compared) (chosen []compared) {
	ofOne := map[string]int{}
	for _, one := range sorted[:(len(sorted)+1)/2] {
		if ofOne[one.section]++; ofOne[one.section] <= shownOfOne && len(chosen) < shown {
			chosen = append(chosen, one)
		}
	}
	return chosen
}

func (r Report) compared() (all []compared) {
	for _, section := range r.Sections {
		for _, table := range section.Tables {
			for _, row := range table.Rows {
				if ratio, known := row.Better(); known {
					where := section.Title
					if table.Title != "" {
						where += ", " + table.Title
					}
					all = append(all, compared{section.Name, where, row, ratio})
				}
			}
		}
	}
	return all
}

func writeCompared(text *strings.Builder, title string, rows []compared) {
	fmt.Fprintf(text, "%s\n\n", title)
	writeCells(text, []string{"section", "", "ours", "peer", "", "ours is better by"})
	text.WriteString("|---|---|--:|---|--:|--:|\n")
	for _, one := range rows {
		row := one.row
		writeCells(text, []string{one.where, row.What, row.Ours.Text(row.Unit), row.PeerName, row.Peer.Text(row.Unit), one.ratio.String()})
	}
	text.WriteByte('\n')
}
