package connectors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
)

// Status is the unit's status for the reports of all its relations: first what a person has to mend (blocked), then what
// is waited for, else how many connectors and tasks run. Every connector and every task counts.
func Status(reports ...Report) hook.Status {
	if len(reports) == 0 {
		return hook.Status{Name: hook.Blocked, Message: connectclient.ErrNotRelated.Error()}
	}
	var found []hook.Status
	for _, report := range reports {
		where := ""
		if len(reports) > 1 && report.Provider != "" {
			where = report.Provider + ": "
		}
		found = append(found, report.statuses(where)...)
	}
	for _, name := range []hook.StatusName{hook.Blocked, hook.Waiting} {
		for _, status := range found {
			if status.Name == name {
				return status
			}
		}
	}
	return hook.Status{Name: hook.Active, Message: summary(reports)}
}

// Status is the unit's status where it has one relation.
func (r Report) Status() hook.Status { return Status(r) }

// statuses are what keeps the unit from being active.
func (r Report) statuses(where string) []hook.Status {
	if status, notReady := connectclient.Status(r.Problem); notReady {
		return []hook.Status{status.Short()}
	}
	var found []hook.Status
	if r.Problem != nil {
		found = append(found, refusal(cmp.Or(r.Provider, "Kafka Connect"), r.Problem))
	}
	for _, result := range r.Connectors {
		if status, is := result.status(where + "connector " + result.Name); is {
			found = append(found, status)
		}
	}
	return found
}

// refusal is the status for an answer of Kafka Connect that says no.
func refusal(what string, err error) hook.Status {
	if isPassing(err) {
		return waiting("%s: %v", what, err)
	}
	return blocked("%s: %v", what, err)
}

// isPassing says whether trying again may help. An account that is not accepted is waited for: a provider's gateways may
// learn of it a moment after the relation.
func isPassing(err error) bool {
	if errors.Is(err, connect.ErrUntrusted) {
		return false
	}
	for _, kind := range []error{
		connect.ErrUnauthorized, connect.ErrUnavailable, connect.ErrRebalancing, connect.ErrNotFound,
		context.DeadlineExceeded, context.Canceled,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// status is what is wrong with a connector, or waited for; none where it is as desired.
func (r Result) status(what string) (status hook.Status, is bool) {
	if r.Err != nil {
		status = refusal(what, r.Err)
		if text := failure(r.Status); status.Name == hook.Waiting && text != "" {
			status = blocked("%s: %s", what, text)
		}
		return status, true
	}
	if r.Held != "" {
		return waiting("%s: %s", what, r.Held), true
	}
	if r.Wanted == "" {
		return waiting("%s: it is being deleted", what), r.Pending
	}
	isOutdated := r.Pending && len(r.Done) > 0
	if text := failure(r.Status); text != "" && !isOutdated {
		return blocked("%s: %s", what, text), true
	}
	idle := r.idle()
	if r.Pending {
		idle = cmp.Or(idle, "what came of its change does not show yet")
	}
	return waiting("%s: %s", what, idle), idle != ""
}

// idle is what is not as desired (yet).
func (r Result) idle() string {
	state := cmp.Or(r.Status.Connector.State, connect.Unassigned)
	switch {
	case !r.Exists:
		return "not there yet"
	case state != r.Wanted && r.Wanted != connect.Running:
		return fmt.Sprintf("it is %s, to be %s", state, r.Wanted)
	case state != r.Wanted:
		return "it is " + string(state)
	case r.Wanted != connect.Running:
		return ""
	case len(r.Status.Tasks) == 0:
		return "no tasks yet"
	}
	for _, task := range r.Status.Tasks {
		if task.State != connect.Running {
			return fmt.Sprintf("task %d is %s", task.ID, cmp.Or(task.State, connect.Unassigned))
		}
	}
	return ""
}

// summary counts what is as desired.
func summary(reports []Report) string {
	running, tasks, resting := 0, 0, map[connect.State]int{}
	for _, report := range reports {
		if report.Standby {
			return "standby: the leader manages the connectors"
		}
		for _, result := range report.Connectors {
			switch result.Wanted {
			case connect.Running:
				running++
				tasks += len(result.Status.Tasks)
			case connect.Paused, connect.Stopped:
				resting[result.Wanted]++
			}
		}
	}
	var parts []string
	if running > 0 {
		parts = append(parts, fmt.Sprintf("%s, %s running", counted(running, "connector"), counted(tasks, "task")))
	}
	for _, state := range []connect.State{connect.Paused, connect.Stopped} {
		if number := resting[state]; number > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", counted(number, "connector"), strings.ToLower(string(state))))
		}
	}
	if len(parts) == 0 {
		return "no connectors configured"
	}
	return strings.Join(parts, ", ")
}

func counted(number int, what string) string {
	if number == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", number, what)
}

func blocked(format string, args ...any) hook.Status {
	return hook.Status{Name: hook.Blocked, Message: fmt.Sprintf(format, args...)}.Short()
}

func waiting(format string, args ...any) hook.Status {
	return hook.Status{Name: hook.Waiting, Message: fmt.Sprintf("waiting for "+format, args...)}.Short()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}
