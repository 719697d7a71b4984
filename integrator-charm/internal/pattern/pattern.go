// Package pattern has the patterns by which rules and silences name connectors, teams and keys: * is any text, ? one character, [ab]
// one of these, \ takes the meaning from what follows.
package pattern

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// slash stands in for slashes, of which paths make something special, and names do not.
const slash = "\x00"

// Fits says whether the whole text is as the pattern says.
func Fits(pattern, text string) bool {
	found, err := path.Match(strings.ReplaceAll(pattern, "/", slash), strings.ReplaceAll(text, "/", slash))
	return err == nil && found
}

// FitsAny says whether the text fits one of the patterns; where there are none, anything does.
func FitsAny(patterns []string, text string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool { return Fits(pattern, text) })
}

// FitsAll says whether there is a text for each key that fits its pattern.
func FitsAll(patterns, texts map[string]string) bool {
	for key, pattern := range patterns {
		if text, is := texts[key]; !is || !Fits(pattern, text) {
			return false
		}
	}
	return true
}

// Check finds a pattern that is none.
func Check(patterns ...string) error {
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%.100q is no pattern", pattern)
		}
	}
	return nil
}
