package cli

import (
	"strconv"
	"strings"
	"unicode"
)

// printable makes a text harmless on a terminal: names and messages come from workers and files, and an escape sequence
// in them must not act.
func printable(text string) string {
	return quoteIf(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' })
}

// cellText is printable on one line.
func cellText(text string) string {
	return quoteIf(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func quoteIf(text string, bad func(rune) bool) string {
	if strings.IndexFunc(text, bad) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if bad(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
