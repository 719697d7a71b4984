package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	pictureWidth  = 18 * vg.Centimeter
	pictureHeight = 9 * vg.Centimeter
	margin        = 3 * vg.Millimeter
	lastMark      = 8 * vg.Millimeter // half of the longest text at an axis' end
	room          = 1.15              // above the highest point
)

// draw writes the curve's picture below dir: medians as lines, and from the least to the most as bars.
func (c Curve) draw(dir string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = plain(c.Title), c.X.Label, c.Y.Label
	p.Title.Padding, p.X.Label.Padding, p.Y.Label.Padding = margin, margin, margin
	p.Legend.Top, p.Legend.Left, p.Legend.Padding, p.Legend.XOffs = true, true, vg.Points(2), margin
	p.Add(plotter.NewGrid())
	highest := 0.0
	for i, series := range c.Series {
		drawn := drawn(series)
		if len(drawn.XYs) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(drawn.XYs)
		if err != nil {
			return fmt.Errorf("draw %s: %w", c.Name, err)
		}
		line.Color, marks.Color, marks.Shape = plotutil.Color(i), plotutil.Color(i), plotutil.Shape(i)
		bars, err := plotter.NewYErrorBars(drawn)
		if err != nil {
			return fmt.Errorf("draw %s: %w", c.Name, err)
		}
		bars.Color = plotutil.Color(i)
		p.Add(line, marks, bars)
		p.Legend.Add(plain(series.Name), line, marks)
		for j := range drawn.XYs {
			highest = max(highest, drawn.XYs[j].Y+drawn.YErrors[j].High)
		}
	}
	c.X.apply(&p.X, c.sizes())
	c.Y.apply(&p.Y, nil)
	if p.Y.Max = highest * room; !c.Y.Log {
		p.Y.Min = 0
	}
	if err := save(p, filepath.Join(dir, c.file())); err != nil {
		return fmt.Errorf("draw %s: %w", c.Name, err)
	}
	return nil
}

// plain is a text without the marks that Markdown has for code.
func plain(text string) string { return strings.ReplaceAll(text, "`", "") }

// save writes a picture with a margin, into which the text at an axis' end may reach.
func save(p *plot.Plot, path string) error {
	canvas := vgsvg.New(pictureWidth, pictureHeight)
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -lastMark, margin, -margin))
	var picture bytes.Buffer
	if _, err := canvas.WriteTo(&picture); err != nil {
		return err
	}
	return os.WriteFile(path, picture.Bytes(), 0o644)
}

// drawnSeries is a series as plotters want it.
type drawnSeries struct {
	plotter.XYs
	plotter.YErrors
}

func drawn(series Series) (all drawnSeries) {
	for _, point := range series.Points {
		if len(point.Y) == 0 {
			continue
		}
		middle := point.Y.Median()
		all.XYs = append(all.XYs, plotter.XY{X: point.X, Y: middle})
		all.YErrors = append(all.YErrors, struct{ Low, High float64 }{middle - point.Y.Min(), point.Y.Max() - middle})
	}
	return all
}

// apply has marks say their unit. Where sizes are given, they are the marks.
func (a Axis) apply(to *plot.Axis, sizes []float64) {
	if a.Log {
		to.Scale = plot.LogScale{}
	}
	to.Tick.Marker = marker{a, sizes}
}

// marker says where an axis has its marks.
type marker struct {
	axis  Axis
	sizes []float64
}

// Ticks is called by gonum/plot.
func (m marker) Ticks(least, most float64) (ticks []plot.Tick) {
	if m.sizes != nil {
		for _, size := range m.sizes {
			ticks = append(ticks, plot.Tick{Value: size, Label: m.axis.Unit.Text(size)})
		}
		return ticks
	}
	if m.axis.Log {
		ticks = plot.LogTicks{}.Ticks(least, most)
	} else {
		ticks = plot.DefaultTicks{}.Ticks(least, most)
	}
	for i, tick := range ticks {
		if !tick.IsMinor() && !math.IsNaN(tick.Value) {
			ticks[i].Label = m.axis.Unit.Text(tick.Value)
		}
	}
	return ticks
}
