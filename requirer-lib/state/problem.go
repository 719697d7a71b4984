package state

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a state file. It shows no value that stands there.
type Problem struct {
	File      string `json:"file,omitempty"` // Options.Name
	Line      int    `json:"line,omitempty"` // from 1; 0: it is of no one place
	Column    int    `json:"column,omitempty"`
	Connector string `json:"connector,omitempty"` // in whose entry, or whose configuration, it is
	Field     string `json:"field,omitempty"`     // paused, config.tasks.max, owner.email
	Message   string `json:"message"`             // says it all but the place; one line
	Nearest   string `json:"nearest,omitempty"`   // what may have been meant
}

// Error is the message, then the place and what may have been meant.
func (p Problem) Error() string {
	var notes []string
	if p.Line > 0 {
		notes = append(notes, fmt.Sprintf("line %d, column %d", p.Line, p.Column))
	}
	if p.Nearest != "" {
		notes = append(notes, fmt.Sprintf("did you mean %q?", p.Nearest))
	}
	if len(notes) == 0 {
		return p.Message
	}
	return fmt.Sprintf("%s (%s)", p.Message, strings.Join(notes, "; "))
}

// Problems are all that is wrong, in the order of their places.
type Problems []Problem

// Error is a line each.
func (p Problems) Error() string {
	var lines []string
	for _, problem := range p {
		lines = append(lines, problem.Error())
	}
	return strings.Join(lines, "\n")
}

// asError is nil where there are none.
func (p Problems) asError() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// maxProblems is how many are told. A text that has more is no state file.
const maxProblems = 1000

// findings collects problems.
type findings struct {
	file string
	all  Problems
	seen map[Problem]bool
	more int
}

func (f *findings) add(problem Problem) {
	problem.File = f.file
	switch {
	case f.seen[problem]: // it is wrong in more than one environment
		return
	case len(f.all) == maxProblems:
		f.more++
		return
	case f.seen == nil:
		f.seen = map[Problem]bool{}
	}
	f.seen[problem] = true
	f.all = append(f.all, problem)
}

// maxGuesses is how many problems are told with what may have been meant: it takes time to find, and a person has enough.
const maxGuesses = 100

func (f *findings) mayGuess() bool { return len(f.all) < maxGuesses }

func (f *findings) nearest(name string, names []string) string {
	if !f.mayGuess() {
		return ""
	}
	return nearest(name, names)
}

func (f *findings) isFull() bool { return f.more > 0 }

func (f *findings) problems() Problems {
	sorted := slices.Clone(f.all)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if f.more > 0 {
		sorted = append(sorted, Problem{File: f.file, Message: fmt.Sprintf("there is more wrong: the first %d are told", maxProblems)})
	}
	return sorted
}
