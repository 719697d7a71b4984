package report

import (
	"fmt"
	"math"
	"strings"
)

// Unit is what the numbers of a sample are.
type Unit string

// The units that benchmarks measure in. Numbers are always of the base unit: seconds, bytes.
const (
	Seconds   Unit = "s"
	Bytes     Unit = "B"
	PerSecond Unit = "/s"
	Count     Unit = ""
)

// isMoreBetter says whether of two numbers the larger is the better one.
func (u Unit) isMoreBetter() bool { return u == PerSecond }

// Text is a number as people read it: three digits that count, and a unit of fitting size.
func (u Unit) Text(value float64) string {
	switch u {
	case Seconds:
		return seconds(value)
	case Bytes:
		return scaled(value, 1024, "B", "KiB", "MiB", "GiB")
	case PerSecond:
		return number(value) + "/s"
	default:
		return number(value)
	}
}

func seconds(value float64) string {
	switch size := math.Abs(value); {
	case size == 0:
		return "0 s"
	case size < 1e-6:
		return digits(value*1e9) + " ns"
	case size < 1e-3:
		return digits(value*1e6) + " µs"
	case size < 1:
		return digits(value*1e3) + " ms"
	case size < 120:
		return digits(value) + " s"
	default:
		return digits(value/60) + " min"
	}
}

func scaled(value, step float64, units ...string) string {
	last := len(units) - 1
	for i, unit := range units {
		if math.Abs(value) < step || i == last {
			return digits(value) + " " + unit
		}
		value /= step
	}
	return ""
}

// number has thousands told apart, and digits behind the point only where it is small.
func number(value float64) string {
	if math.Abs(value) < 1000 {
		return digits(value)
	}
	whole := fmt.Sprintf("%.0f", value)
	var grouped strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && whole[i-1] != '-' {
			grouped.WriteByte(',')
		}
		grouped.WriteRune(digit)
	}
	return grouped.String()
}

// digits is a number with three digits that count, and without zeros behind the point of a whole one.
func digits(value float64) string {
	switch size := math.Abs(value); {
	case value == math.Trunc(value) || size >= 100:
		return fmt.Sprintf("%.0f", value)
	case size >= 10:
		return fmt.Sprintf("%.1f", value)
	default:
		return fmt.Sprintf("%.2f", value)
	}
}
