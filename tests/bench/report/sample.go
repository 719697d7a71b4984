package report

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Sample is what was measured of one thing, a number for each round, in the order of the rounds. It is empty where nothing
// could be measured.
type Sample []float64

// Times is a sample of durations, in Seconds.
func Times(all ...time.Duration) Sample {
	sample := make(Sample, 0, len(all))
	for _, one := range all {
		sample = append(sample, one.Seconds())
	}
	return sample
}

// Median is the number in the middle; of an even number of rounds the mean of the two there. An empty sample has none.
func (s Sample) Median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Min is the smallest number, Max the largest. Both panic when the sample is empty.
func (s Sample) Min() float64 { return slices.Min(s) }

// Max is the largest number.
func (s Sample) Max() float64 { return slices.Max(s) }

// Text is the median, and between which two all rounds were.
func (s Sample) Text(unit Unit) string {
	if len(s) == 0 {
		return "–"
	}
	return spread(unit.Text, s.Median(), s.Min(), s.Max())
}

func spread(text func(float64) string, middle, least, most float64) string {
	if text(least) == text(most) {
		return text(middle)
	}
	return fmt.Sprintf("%s (%s to %s)", text(middle), text(least), text(most))
}

// Ratio is how many times better one sample is than another.
type Ratio struct{ Median, Min, Max float64 }

// better compares the medians; the spread is that of the rounds, each with the peer's round of the same time. It is not known
// where one is empty or nothing.
func better(ours, peer Sample, unit Unit) (ratio Ratio, known bool) {
	if len(ours) == 0 || len(peer) == 0 || ours.Median() == 0 || peer.Median() == 0 {
		return Ratio{}, false
	}
	over, under := peer, ours
	if unit.isMoreBetter() {
		over, under = ours, peer
	}
	ratio.Median = over.Median() / under.Median()
	ratio.Min, ratio.Max = ratio.Median, ratio.Median
	for i := range min(len(over), len(under)) {
		one := over[i] / under[i]
		ratio.Min, ratio.Max = min(ratio.Min, one), max(ratio.Max, one)
	}
	for _, part := range []float64{ratio.Median, ratio.Min, ratio.Max} {
		if math.IsNaN(part) || math.IsInf(part, 0) {
			return Ratio{}, false
		}
	}
	return ratio, true
}

// String is the ratio with its spread.
func (r Ratio) String() string {
	text := func(value float64) string {
		if value < 0.1 {
			return fmt.Sprintf("%.3f", value)
		}
		return digits(value)
	}
	return spread(text, r.Median, r.Min, r.Max) + " ×"
}
