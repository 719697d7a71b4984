package hook

import (
	"context"
	"strings"
)

// StatusName is a workload status.
type StatusName string

// The statuses that a charm may set.
const (
	Active      StatusName = "active"
	Blocked     StatusName = "blocked" // a person has to act
	Waiting     StatusName = "waiting" // something else has to act
	Maintenance StatusName = "maintenance"
)

// Status is a workload's or an application's status, with one line that says why.
type Status struct {
	Name    StatusName `json:"status"`
	Message string     `json:"message"`
}

// longestMessage is how much of a message is kept, in characters.
const longestMessage = 240

// Short has the message in one line that fits juju status.
func (s Status) Short() Status {
	s.Message = strings.Join(strings.Fields(s.Message), " ")
	if runes := []rune(s.Message); len(runes) > longestMessage {
		s.Message = string(runes[:longestMessage-1]) + "…"
	}
	return s
}

// StatusSet sets the unit's status, at once: also when the hook fails later.
func (t *Tools) StatusSet(ctx context.Context, status Status) error {
	_, err := t.run(ctx, "status-set", "--", string(status.Name), status.Message)
	return err
}

// StatusSetApp sets the application's status. Only the leader may.
func (t *Tools) StatusSetApp(ctx context.Context, status Status) error {
	_, err := t.run(ctx, "status-set", "--application", "--", string(status.Name), status.Message)
	return err
}

// StatusGet reads the unit's status, which Juju may have set, too: to "unknown", "error" or "terminated".
func (t *Tools) StatusGet(ctx context.Context) (Status, error) {
	var status Status
	err := t.runJSON(ctx, &status, "status-get", "--include-data")
	return status, err
}

// StatusGetApp reads the application's status. Only the leader may.
func (t *Tools) StatusGetApp(ctx context.Context) (Status, error) {
	var answer struct {
		Application Status `json:"application-status"`
	}
	err := t.runJSON(ctx, &answer, "status-get", "--include-data", "--application")
	return answer.Application, err
}

// ApplicationVersionSet says which version of the workload runs.
func (t *Tools) ApplicationVersionSet(ctx context.Context, version string) error {
	_, err := t.run(ctx, "application-version-set", "--", version)
	return err
}
