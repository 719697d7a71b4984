package connectors

import (
	"cmp"
	"fmt"
	"strings"

	"connectcharms/requirer-lib/connect"
)

// reason says, for people, why a connector that is there is changed; empty where it is not.
func (o Owned) reason(wanted Connector, found Found, change Change) string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	is, to := o.marksOf(wanted), found.marks
	if !found.Owned {
		say("it is %s", ownerOf(found))
	}
	if number := len(change.Keys); number > 0 {
		say("%s of its configuration", counted(number, "key"))
	}
	if found.Owned {
		parts = append(parts, markReasons(is, to)...)
	}
	for _, action := range change.Actions {
		switch action {
		case Pause, Resume, Stop:
			say("it is %s, to be %s", cmp.Or(change.From, connect.Unassigned), change.To)
			if wanted.isHalted() {
				parts = append(parts, reasonHalted)
			}
		case Restart:
			say("%s", connect.RedactTexts(failure(found.Status), secretsOf(wanted, found)...))
		}
	}
	return strings.Join(parts, "; ")
}

func ownerOf(found Found) string {
	if found.Manager == "" {
		return "nobody's"
	}
	return fmt.Sprintf("that of %.100q", found.Manager)
}

func markReasons(wanted, found marks) (parts []string) {
	switch {
	case wanted.protected && !found.protected:
		parts = append(parts, "to be protected from deletion")
	case !wanted.protected && found.protected:
		parts = append(parts, "no more to be protected from deletion")
	}
	if found.pending {
		parts = append(parts, "it has not got its offsets yet")
	}
	if wanted.hidden != found.hidden {
		parts = append(parts, "which of its keys are secret")
	}
	if wanted.overlay != found.overlay {
		parts = append(parts, "which of its keys it has changed itself")
	}
	return parts
}

// failure is what has failed for good: the connector itself, or the first of its tasks that has.
func failure(status connect.Status) string {
	if status.Connector.State == connect.Failed {
		return failed("", status.Connector.Trace)
	}
	for _, task := range status.Tasks {
		if task.State == connect.Failed {
			return failed(fmt.Sprintf("task %d ", task.ID), task.Trace)
		}
	}
	return ""
}

func failed(what, trace string) string {
	text := what + string(connect.Failed)
	if line := firstLine(trace); line != "" {
		text += ": " + line
	}
	return text
}
