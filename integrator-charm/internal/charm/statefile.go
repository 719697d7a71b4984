package charm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// StateFile is the state file that holds: a text that the charm has, or a source that the manager fetches it from. Neither:
// there is none.
type StateFile struct {
	Text    secret.Value // people write passwords there, though they should not
	Source  string
	Problem string // why it is not known, or what is wrong with the text
	Waiting string // why it is not known yet
}

// isKnown says whether there is one.
func (s StateFile) isKnown() bool {
	return s.Problem == "" && s.Waiting == "" && (!s.Text.IsZero() || s.Source != "")
}

// maxStateFile is the most that is read of the resource, in bytes: as much as the manager reads of any source.
const maxStateFile = 8 << 20

func (u *unit) observeState(ctx context.Context, options StateOptions) (StateFile, error) {
	switch {
	case options.Problem != "":
		return StateFile{Problem: options.Problem}, nil
	case options.Source != "":
		return StateFile{Source: options.Source, Problem: checkSource(options.Source)}, nil
	case options.Text != "":
		return checkedState("config state", options.Text, options.Environment), nil
	}
	return u.observeStateResource(ctx, options.Environment)
}

// checkSource wants a URL: what is at it, the manager finds out.
func checkSource(source string) (problem string) {
	if strings.Contains(source, "://") {
		return ""
	}
	return "config state-source is no URL, such as github://owner/repository/state.yaml: the text of a state file goes into config state"
}

func (u *unit) observeStateResource(ctx context.Context, environment string) (StateFile, error) {
	resource, err := u.observeResource(ctx, stateResource)
	switch {
	case err != nil:
		return StateFile{}, err
	case resource.Problem != "":
		return StateFile{Waiting: "the resource state: " + resource.Problem}, nil
	case resource.File == "":
		return StateFile{}, nil
	}
	info, err := os.Stat(resource.File)
	if err == nil && info.Size() > maxStateFile {
		return StateFile{Problem: fmt.Sprintf("resource state: it has more than %d bytes", maxStateFile)}, nil
	}
	text, err := os.ReadFile(resource.File)
	if err != nil {
		return StateFile{Waiting: "the resource state: " + err.Error()}, nil
	}
	return checkedState("resource state", string(text), environment), nil
}

// checkedState says the first of what is wrong with a text, which stands in one line.
func checkedState(what, text, environment string) StateFile {
	file := StateFile{Text: secret.New(text)}
	_, err := state.Parse([]byte(text), state.Options{Name: what, Environment: environment})
	if problems, is := errors.AsType[state.Problems](err); is {
		file.Problem = fmt.Sprintf("%s: %v", what, problems[0])
		if more := len(problems) - 1; more > 0 {
			file.Problem += fmt.Sprintf(", and %d more", more)
		}
	} else if err != nil {
		file.Problem = fmt.Sprintf("%s: %v", what, err)
	}
	return file
}
