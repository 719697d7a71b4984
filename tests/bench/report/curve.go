package report

import (
	"fmt"
	"math"
	"strings"
)

// Axis is what is on one side of a curve.
type Axis struct {
	Label string
	Unit  Unit
	Log   bool // in powers of ten
}

// Point is what was measured at one size.
type Point struct {
	X float64
	Y Sample
}

// Series is one line of a curve.
type Series struct {
	Name   string
	Points []Point // in the order of X
}

// Curve is how something grows: a picture, its figures as a table, and where it begins to cost, in words.
type Curve struct {
	Name   string // of its file, such as hook-by-clients
	Title  string
	X, Y   Axis
	Series []Series
	Knee   string // "": what the figures say by themselves, see Growth
}

func (c Curve) markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "### %s\n\n![%s](%s)\n\n", c.Title, c.Title, c.file())
	heads, aligned := []string{c.X.Label}, []string{"--:"}
	for _, series := range c.Series {
		heads, aligned = append(heads, series.Name), append(aligned, "--:")
	}
	writeCells(&text, heads)
	fmt.Fprintf(&text, "|%s|\n", strings.Join(aligned, "|"))
	for _, x := range c.sizes() {
		cells := []string{c.X.Unit.Text(x)}
		for _, series := range c.Series {
			cells = append(cells, series.at(x).Text(c.Y.Unit))
		}
		writeCells(&text, cells)
	}
	text.WriteByte('\n')
	var grown strings.Builder
	for _, series := range c.Series {
		if growth := series.Growth(c.X); growth != "" {
			fmt.Fprintf(&grown, "- %s: %s\n", series.Name, growth)
		}
	}
	if grown.Len() > 0 {
		fmt.Fprintf(&text, "%s\n", &grown)
	}
	writeParagraph(&text, c.Knee)
	return text.String()
}

// file is where its picture is, seen from the document.
func (c Curve) file() string { return Pictures + "/" + c.Name + ".svg" }

// sizes are those of all series, each once, from small to large.
func (c Curve) sizes() (sizes []float64) {
	for _, series := range c.Series {
		for _, point := range series.Points {
			sizes = insert(sizes, point.X)
		}
	}
	return sizes
}

func insert(sorted []float64, value float64) []float64 {
	at := 0
	for at < len(sorted) && sorted[at] < value {
		at++
	}
	if at < len(sorted) && sorted[at] == value {
		return sorted
	}
	return append(sorted[:at:at], append([]float64{value}, sorted[at:]...)...)
}

func (s Series) at(x float64) Sample {
	for _, point := range s.Points {
		if point.X == x {
			return point.Y
		}
	}
	return nil
}

// Growth says in words how the medians of a series grow: the size from which on they are more than double those at the start,
// and with what power of the size they grow at the end (1: in proportion; 2: each of twice as many costs twice as much).
func (s Series) Growth(x Axis) string {
	var points []Point
	for _, point := range s.Points {
		if len(point.Y) > 0 && point.X > 0 && point.Y.Median() > 0 {
			points = append(points, point)
		}
	}
	if len(points) < 3 {
		return ""
	}
	first, before, last := points[0], points[len(points)-2], points[len(points)-1]
	knee := "it never doubles"
	for _, point := range points {
		if point.Y.Median() > 2*first.Y.Median() {
			knee = fmt.Sprintf("at %s it has doubled", x.Unit.Text(point.X))
			break
		}
	}
	power := math.Log(last.Y.Median()/before.Y.Median()) / math.Log(last.X/before.X)
	return fmt.Sprintf("%s; from %s to %s it grows by %s ×, with the power %.1f.", knee,
		x.Unit.Text(first.X), x.Unit.Text(last.X), digits(last.Y.Median()/first.Y.Median()), power)
}
