package overlay

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"connectcharms/requirer-lib/control"
)

// What may be wrong with what is asked for, for errors.Is.
var (
	// ErrVersion says that the overlay is no longer that of If-Match: somebody else has changed it.
	ErrVersion = errors.New("the overlay has changed since: look at it again")
	// ErrNoWay says that a message has a secret, and nothing says how secrets reach the workers.
	ErrNoWay = errors.New("no way to the workers is configured for secrets: worker-secrets of the context")
	// ErrUndelivered says that a secret is not with the workers yet.
	ErrUndelivered = errors.New("the workers have not got the secrets yet")
)

// Problem is what is wrong with one key of a message. It shows no value.
type Problem = control.Problem

// Nonconforming is a message that does not conform to its connector's definition. The connector was stopped, and is kept so.
type Nonconforming struct {
	Connector string
	Problems  []Problem
}

// mostProblems is how many are told of one message.
const mostProblems = 20

// NewNonconforming tells so many problems, and that there are more.
func NewNonconforming(connector string, problems []Problem) *Nonconforming {
	if more := len(problems) - mostProblems; more > 0 {
		problems = append(slices.Clone(problems[:mostProblems]), Problem{Reason: fmt.Sprintf("has %d more problems", more)})
	}
	return &Nonconforming{Connector: connector, Problems: problems}
}

// Error has each problem.
func (n *Nonconforming) Error() string {
	return fmt.Sprintf("connector %s: its control message does not conform: %s", n.Connector, Reasons(n.Problems))
}

// Reasons are problems in one line.
func Reasons(problems []Problem) string {
	texts := make([]string, 0, len(problems))
	for _, problem := range problems {
		texts = append(texts, problem.Error())
	}
	return strings.Join(texts, "; ")
}
