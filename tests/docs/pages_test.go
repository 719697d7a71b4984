package docs

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// anchored is a link to a heading, of the same page or of another one.
var anchored = regexp.MustCompile(`\]\(([^)#:]*)#([^)]+)\)`)

func TestLinksToHeadingsInTheDocsLeadSomewhere(t *testing.T) {
	t.Parallel()
	texts := documents(t)
	for path, text := range texts {
		for _, found := range anchored.FindAllStringSubmatch(text, -1) {
			target := path
			if found[1] != "" {
				target = filepath.Join(filepath.Dir(path), found[1])
			}
			assert.Contains(t, anchors(texts[target]), found[2], "%s: %s", path, found[0])
		}
	}
}

var heading = regexp.MustCompile(`^#{1,6} (.*)$`)

// anchors are the names by which a page's headings are linked to.
func anchors(text string) (names []string) {
	for _, line := range prose(text) {
		if found := heading.FindStringSubmatch(line); found != nil {
			names = append(names, anchor(found[1]))
		}
	}
	return names
}

// anchor is made as renderers of Markdown make it: in small letters, without punctuation, with dashes for spaces.
func anchor(title string) string {
	small := strings.ToLower(title)
	return strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(small, ""), " ", "-")
}

// prose are the lines outside of blocks of code.
func prose(text string) (lines []string) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			inside = !inside
		} else if !inside {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestLinksOfTheIndexReachEveryPage has docs/README.md name every page: what it does not name, nobody finds.
func TestLinksOfTheIndexReachEveryPage(t *testing.T) {
	t.Parallel()
	index := document(t, "docs/README.md")
	for path := range documents(t) {
		if name := filepath.Base(path); filepath.Dir(path) == "docs" && name != "README.md" {
			assert.True(t, strings.Contains(index, "]("+name+")"), "give %s a line in docs/README.md", path)
		}
	}
}

// TestLinesThatPagesBeginWithSayForWhomTheyAre has a reader know in the first line whether to read on.
func TestLinesThatPagesBeginWithSayForWhomTheyAre(t *testing.T) {
	t.Parallel()
	for path, text := range documents(t) {
		if filepath.Dir(path) == "docs" {
			_, body, _ := strings.Cut(text, "\n")
			assert.Regexp(t, `^\nFor `, body, "%s: its first line is to say for whom it is", path)
		}
	}
}
