package connection

import (
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a spec. It has no value that stands there: that may be a password.
type Problem struct {
	Field  string `json:"field"`  // kafka_cluster.credentials.password; empty: the whole
	Reason string `json:"reason"` // goes on from the field: must be …
}

func (p Problem) Error() string {
	if p.Field == "" {
		return "the connection " + p.Reason
	}
	return p.Field + " " + p.Reason
}

// Problems are all that is wrong with a spec, in the order of its fields.
type Problems []Problem

// Error is a line each.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// findings collects problems. Of a field, and of what is in it, the first is told: what follows may come of that.
type findings struct{ all Problems }

func (f *findings) add(field, reason string) {
	for _, before := range f.all {
		if before.Field == field || before.Field != "" && strings.HasPrefix(field, before.Field+".") {
			return
		}
	}
	f.all = append(f.all, Problem{field, reason})
}

func (f *findings) asError() error {
	if len(f.all) == 0 {
		return nil
	}
	return f.all
}

// under is the name of a field in another.
func under(outer, name string) string {
	if outer == "" {
		return name
	}
	return outer + "." + name
}

// longestShown is how much of a name that somebody made up a problem has, in bytes.
const longestShown = 64

// shown makes a name fit for a message: one line, and not too long a one.
func shown(name string) string {
	quoted := strconv.QuoteToGraphic(name[:min(len(name), longestShown)])
	return quoted[1 : len(quoted)-1]
}
