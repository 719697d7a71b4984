// Package permissions has the tables of docs/files.md, which say what lies on a unit, for whom, and how open it may be, and holds
// against them what was found on one. It looks at no unit itself.
package permissions

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"connectcharms/tests/charms"
)

// Reader is whom something is for.
type Reader string

// The readers.
const (
	All      Reader = "all"
	Services Reader = "services" // of the unit: their account
	Root     Reader = "root"
)

// Row is a row of a table.
type Row struct {
	path   *regexp.Regexp // below the unit's directory
	For    Reader
	Mode   uint32 // the most that it may have, as in chmod
	Secret bool   // it has values in clear
}

// Table is the table of one charm's units.
type Table []Row

var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([0-7]{4}) \\| (all|services|root) \\| ([^|]*) \\|$")

// Of reads the table of a charm.
func Of(charm string) (Table, error) {
	root, err := charms.Repository()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/files.md"))
	if err != nil {
		return nil, err
	}
	table := read(string(text), charm)
	if len(table) == 0 {
		return nil, fmt.Errorf("docs/files.md does not say what lies on a unit of %s", charm)
	}
	return table, nil
}

func read(text, charm string) (table Table) {
	_, section, _ := strings.Cut(text, "\n### On a unit of "+charm+"\n")
	section, _, _ = strings.Cut(section, "\n#")
	for _, found := range row.FindAllStringSubmatch(section, -1) {
		mode, _ := strconv.ParseUint(found[2], 8, 12) // four octal digits are one
		table = append(table, Row{
			path: pattern(found[1]), For: Reader(found[3]), Mode: uint32(mode), Secret: strings.HasPrefix(found[4], "secret"),
		})
	}
	return table
}

var oneName = regexp.MustCompile(`<[^>]*>`)

// pattern is what a path stands for: <…> for one name, … for whatever is below.
func pattern(path string) *regexp.Regexp {
	text := regexp.QuoteMeta(strings.TrimSuffix(path, "/"))
	text = oneName.ReplaceAllString(text, `[^/]+`)
	return regexp.MustCompile("^" + strings.ReplaceAll(text, "…", ".*") + "$")
}

// At is the row of a path.
func (t Table) At(path string) (row Row, is bool) {
	at := slices.IndexFunc(t, func(row Row) bool { return row.path.MatchString(path) })
	if at < 0 {
		return Row{}, false
	}
	return t[at], true
}
