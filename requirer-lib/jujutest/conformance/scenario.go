package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Scenario is a parsed scenario file.
//
//	# What it is about.
//	on UNIT HOOK           what units do in a hook; UNIT and HOOK are shell patterns
//		COMMAND
//	deploy APP             one unit of the probe
//	run UNIT               commands in a config-changed of the unit (a shell pattern)
//		COMMAND
//	run-until UNIT HOOK    as run, and then waits for what that leads to by the clock: a hook of the unit
//		COMMAND
//	kill-in-hook UNIT      as run, and then the charm's container is killed before the hook ends; the hook that is run again
//		COMMAND            runs the commands again, and ends
//	~ VERB ...             the hooks of this step come in no certain order
//
// See [Step] for the verbs.
type Scenario struct {
	Name      string
	Substrate string // Machines or Kubernetes
	Hooks     []HookCommand
	Steps     []Step
}

// The substrates, named as the folders of their scenarios and of what the probe has for them.
const (
	Machines   = "machines"
	Kubernetes = "kubernetes"
)

// HookCommand is a command line that units run in a hook.
type HookCommand struct{ Unit, Hook, Line string }

// Step is a change of the model: a verb, its words and the lines below it.
type Step struct {
	Verb      string
	Words     []string
	Lines     []string
	Unordered bool // the order of a unit's hooks does not count
}

func (s Step) String() string { return strings.Join(append([]string{s.Verb}, s.Words...), " ") }

// words is how many words each verb takes.
var words = map[string]int{
	"deploy": 1, "remove-application": 1, "add-unit": 1, "remove-unit": 1, "integrate": 2, "remove-relation": 2,
	"run": 1, "run-until": 2, "action": 1, "config": 2, "attach": 3, "refresh": 1, "resolve": 1, "resolve-without-retry": 1,
	"scale": 2, "kill-container": 2, "kill-in-hook": 1, "delete-pod": 1,
}

// ReadScenario reads a scenario file, which is in the folder of its substrate.
func ReadScenario(path string) (*Scenario, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	s := &Scenario{Name: strings.TrimSuffix(filepath.Base(path), ".scenario"), Substrate: filepath.Base(filepath.Dir(path))}
	var add func(line string)
	for number, line := range strings.Split(string(text), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "\t") && add != nil:
			add(line[1:])
		default:
			if add, err = s.statement(strings.Fields(line)); err != nil {
				return nil, fmt.Errorf("read scenario %s: line %d: %w", path, number+1, err)
			}
		}
	}
	return s, nil
}

// statement takes in the words of a line that is not indented, and returns what takes in the lines below it.
func (s *Scenario) statement(fields []string) (func(line string), error) {
	if len(fields) == 3 && fields[0] == "on" {
		return func(line string) { s.Hooks = append(s.Hooks, HookCommand{fields[1], fields[2], line}) }, nil
	}
	step := Step{Unordered: fields[0] == "~"}
	if step.Unordered {
		fields = fields[1:]
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("a step has no verb")
	}
	step.Verb, step.Words = fields[0], fields[1:]
	if count, known := words[step.Verb]; !known || count != len(step.Words) {
		return nil, fmt.Errorf("%q is not a step with its words", step)
	}
	s.Steps = append(s.Steps, step)
	at := len(s.Steps) - 1
	return func(line string) { s.Steps[at].Lines = append(s.Steps[at].Lines, line) }, nil
}
