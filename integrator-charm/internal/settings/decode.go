package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Problem is one thing that is wrong in the file.
type Problem struct {
	Line, Column int // from 1; 0: of no certain line
	Message      string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return p.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Message)
}

// Problems are all that is wrong, ordered by line.
type Problems struct {
	Path string
	All  []Problem
}

// Error has one line for each.
func (p Problems) Error() string {
	lines := make([]string, len(p.All))
	for i, problem := range p.All {
		lines[i] = p.Path + ": " + problem.Error()
	}
	return strings.Join(lines, "\n")
}

// decode reads the text into the settings.
func (s *Settings) decode(text []byte) error {
	var document yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&document); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return s.problems(err)
	}
	var all []Problem
	if err := yaml.Load(text, s, yaml.WithKnownFields(), yaml.WithUniqueKeys()); err != nil {
		all = s.problems(err).All
	}
	all = append(all, s.check(&document)...)
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b Problem) int { return a.Line - b.Line })
	return Problems{Path: s.Path, All: all}
}

func (s *Settings) problems(err error) Problems {
	several := &yaml.LoadErrors{}
	single := &yaml.LoadError{}
	problems := Problems{Path: s.Path}
	switch {
	case errors.As(err, &several):
		for _, each := range several.Errors {
			problems.All = append(problems.All, problemOf(each))
		}
	case errors.As(err, &single):
		problems.All = append(problems.All, problemOf(single))
	default:
		problems.All = append(problems.All, Problem{Message: withoutValues(err.Error())})
	}
	return problems
}

func problemOf(err *yaml.LoadError) Problem {
	return Problem{Line: err.Mark.Line, Column: err.Mark.Column, Message: reworded(err.Message)}
}

// What the parser says, and what of it quotes the file: a password may stand there, though it should not.
var (
	unknownField = regexp.MustCompile(`^field (\S+) not found in type settings\.(\w+)$`)
	quoted       = regexp.MustCompile("`[^`]*`|unknown anchor '[^']*'")
	goType       = regexp.MustCompile(`\bsettings\.\w+`)
)

func reworded(message string) string {
	if found := unknownField.FindStringSubmatch(message); found != nil {
		return fmt.Sprintf("cannot find field %s (there are: %s)", found[1], strings.Join(fields(found[2]), ", "))
	}
	return withoutValues(message)
}

func withoutValues(message string) string {
	message = strings.TrimPrefix(message, "yaml: ")
	return goType.ReplaceAllString(quoted.ReplaceAllString(message, "this"), "its section")
}

// fields are those that a section of the file may have.
func fields(section string) (names []string) {
	for _, one := range []any{Settings{}, Context{}, WorkerSecrets{}, Serve{}, TLS{}, Token{}, Control{}} {
		of := reflect.TypeOf(one)
		if of.Name() != section {
			continue
		}
		for i := range of.NumField() {
			if name, _, _ := strings.Cut(of.Field(i).Tag.Get("yaml"), ","); name != "" && name != "-" {
				names = append(names, name)
			}
		}
	}
	return names
}
