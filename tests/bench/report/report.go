package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Where a report is, below the directory of the documents.
const (
	Document = "benchmarks.md"
	Pictures = "benchmarks"
	results  = "benchmarks/results.json"
)

// below ends what people have written in the document; all below it is written anew.
const below = "<!-- Below is what `make bench` has written. -->\n"

// Report is the sections of all runs.
type Report struct{ Sections []Section }

// Load reads what was kept in a directory; there may be nothing yet.
func Load(dir string) (Report, error) {
	text, err := os.ReadFile(filepath.Join(dir, results))
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, nil
	}
	if err != nil {
		return Report{}, err
	}
	var report Report
	if err := json.Unmarshal(text, &report); err != nil {
		return Report{}, fmt.Errorf("read %s (remove it to begin anew): %w", filepath.Join(dir, results), err)
	}
	return report, nil
}

// Put takes a section in the place of the one of its name. One that failed leaves what the former has measured, and says so.
func (r *Report) Put(section Section) {
	at := slices.IndexFunc(r.Sections, func(one Section) bool { return one.Name == section.Name })
	switch {
	case at < 0:
		r.Sections = append(r.Sections, section)
	case section.Failure != "":
		r.Sections[at].Failure = section.Failure
	default:
		r.Sections[at] = section
	}
}

// Order puts the sections in the order of these names, and drops those that are not among them.
func (r *Report) Order(names []string) {
	r.Sections = slices.DeleteFunc(r.Sections, func(one Section) bool { return !slices.Contains(names, one.Name) })
	slices.SortStableFunc(r.Sections, func(a, b Section) int {
		return cmp.Compare(slices.Index(names, a.Name), slices.Index(names, b.Name))
	})
}

// Save writes results, pictures and document below a directory. Of the document, what people have written above the mark stays.
func (r Report) Save(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, Pictures), 0o755); err != nil {
		return err
	}
	kept, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, results), append(kept, '\n'), 0o644); err != nil {
		return err
	}
	for _, section := range r.Sections {
		for _, curve := range section.Curves {
			if err := curve.draw(dir); err != nil {
				return err
			}
		}
	}
	path := filepath.Join(dir, Document)
	written, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	head, _, _ := strings.Cut(string(written), below)
	return os.WriteFile(path, []byte(cmp.Or(head, "# Benchmarks\n\n")+below+"\n"+r.Markdown()), 0o644)
}

// Markdown is the rows that stand out, best and worst, and then each section.
func (r Report) Markdown() string {
	var text strings.Builder
	text.WriteString(r.extremes())
	for _, section := range r.Sections {
		text.WriteString(section.markdown())
	}
	return strings.TrimRight(text.String(), "\n") + "\n"
}
