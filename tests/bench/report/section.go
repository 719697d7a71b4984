package report

import (
	"fmt"
	"strings"
	"time"
)

// Section is what one benchmark has measured.
type Section struct {
	Name     string // by which it is run alone
	Title    string
	Question string // what somebody wants to know who reads it
	Tables   []Table
	Curves   []Curve
	Notes    []string // what is to be said beside, such as what could not be measured
	Taken    Taken
	Failure  string // why the last run of it failed; what it had measured before stays
}

// Taken says when and on what a section was measured.
type Taken struct {
	At       time.Time
	Took     time.Duration
	Quick    bool // with small sizes, to see that it runs: its figures mean nothing
	Machine  string
	Load     string
	Versions []Version
}

// Version is that of something that took part.
type Version struct{ Name, Version string }

func (s Section) markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "## %s\n\n", s.Title)
	writeParagraph(&text, s.Question)
	if s.Failure != "" {
		writeParagraph(&text, "**The last run of this section failed:** "+shortened(s.Failure))
	}
	for _, table := range s.Tables {
		text.WriteString(table.markdown())
	}
	for _, curve := range s.Curves {
		text.WriteString(curve.markdown())
	}
	for _, note := range s.Notes {
		fmt.Fprintf(&text, "- %s\n", note)
	}
	if len(s.Notes) > 0 {
		text.WriteByte('\n')
	}
	writeParagraph(&text, s.Taken.markdown(s.Name))
	return text.String()
}

// shortened is an error as one line that a page bears: it may end in a whole log.
func shortened(text string) string {
	const most = 300
	words := []rune(strings.Join(strings.Fields(text), " "))
	if len(words) > most {
		return string(words[:most]) + " …"
	}
	return string(words)
}

func (t Taken) markdown(name string) string {
	if t.At.IsZero() {
		return ""
	}
	quick := ""
	if t.Quick {
		quick = "**Quick: small sizes, one round; the figures mean nothing.** "
	}
	versions := make([]string, 0, len(t.Versions))
	for _, version := range t.Versions {
		versions = append(versions, version.Name+" "+version.Version)
	}
	return fmt.Sprintf("%s`-only %s`, %s, in %s, on %s; load of the machine %s. With %s.", quick, name,
		t.At.UTC().Format("2006-01-02 15:04 MST"), Seconds.Text(t.Took.Round(time.Second).Seconds()), t.Machine, t.Load, strings.Join(versions, ", "))
}

// Rows are those of all tables in which something was measured.
func (s Section) Rows() (rows []Row) {
	for _, table := range s.Tables {
		for _, row := range table.Rows {
			if len(row.Ours) > 0 {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// Points are those of all curves.
func (s Section) Points() (points []Point) {
	for _, curve := range s.Curves {
		for _, series := range curve.Series {
			points = append(points, series.Points...)
		}
	}
	return points
}
