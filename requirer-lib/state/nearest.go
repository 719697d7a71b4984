package state

import (
	"slices"
	"strings"
)

// What is looked through: names of a length, in bytes, and so many of them.
const (
	longestGuess   = 255
	mostCandidates = 5000
)

// nearest is the name that was most likely meant: the one with the fewest letters wrong, missing, too many or swapped, a
// third of them at most; empty where there is none. Of equals it is the first.
func nearest(name string, names []string) string {
	if name == "" || len(name) > longestGuess {
		return ""
	}
	best, least := "", (len(name)+2)/3+1
	for _, candidate := range names[:min(len(names), mostCandidates)] {
		if difference := len(name) - len(candidate); max(difference, -difference) >= least {
			continue
		}
		if steps := distance(strings.ToLower(name), strings.ToLower(candidate)); steps < least {
			best, least = candidate, steps
		}
	}
	return best
}

// distance is how many letters have to be changed, added, taken out or swapped with the next to make b of a.
func distance(a, b string) int {
	var before, last []int // rows for all but the last two, and all but the last, letters of a
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, slices.Grow(before[:0], len(b)+1)[:len(b)+1]
		row[0] = i + 1
		for j := range len(b) {
			changed := last[j]
			if a[i] != b[j] {
				changed++
			}
			row[j+1] = min(changed, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
