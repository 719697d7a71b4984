package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
)

// saw is a report of one connector that should run, in this state.
func saw(state connect.State, tasks ...connect.State) connectors.Report {
	status := listed("x", state, tasks...).Status
	return connectors.Report{Provider: "kafka-connect", Connectors: []connectors.Result{
		{Name: "lines", Wanted: running, Exists: true, Status: status},
	}}
}

func with(report connectors.Report, change func(*connectors.Result)) connectors.Report {
	change(&report.Connectors[0])
	return report
}

func TestTheStatusSaysWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	problem := func(err error) connectors.Report { return connectors.Report{Provider: "kafka-connect", Problem: err} }
	refused := func(err error) connectors.Report {
		return connectors.Report{Connectors: []connectors.Result{{Name: "lines", Wanted: running, Err: err}}}
	}
	to := func(wanted connect.State) func(*connectors.Result) {
		return func(result *connectors.Result) { result.Wanted = wanted }
	}
	cases := map[string]struct {
		report connectors.Report
		name   hook.StatusName
		says   string
	}{
		"all runs":        {saw(running, running, running), hook.Active, "1 connector, 2 tasks running"},
		"no connectors":   {connectors.Report{}, hook.Active, "no connectors configured"},
		"another leads":   {connectors.Report{Standby: true}, hook.Active, "standby: the leader manages the connectors"},
		"paused as asked": {with(saw(paused, paused), to(paused)), hook.Active, "1 connector paused"},
		"stopped":         {with(saw(stopped), to(stopped)), hook.Active, "1 connector stopped"},

		"no credentials": {problem(&connectclient.NotReadyError{Reason: connectclient.ErrNotGranted, Provider: "kafka-connect"}), hook.Waiting, "kafka-connect: waiting for the provider to grant its secret"},
		"refused":        {problem(&connectclient.NotReadyError{Reason: connectclient.ErrRefused, Detail: "a zip", Provider: "kafka-connect"}), hook.Blocked, "kafka-connect: refused by the provider: a zip"},

		"401":              {problem(&connect.APIError{Method: "GET", Path: "/connectors", Status: 401}), hook.Waiting, "waiting for kafka-connect: GET /connectors: 401"},
		"403":              {problem(&connect.APIError{Status: 403}), hook.Blocked, "403"},
		"no worker":        {problem(&connect.APIError{Status: 503}), hook.Waiting, "503"},
		"nobody answers":   {problem(fmt.Errorf("x: %w", connect.ErrUnavailable)), hook.Waiting, "no endpoint"},
		"a CA that is not": {problem(fmt.Errorf("x: %w: %w", connect.ErrUntrusted, connect.ErrUnavailable)), hook.Blocked, "no verified TLS"},
		"no time left":     {problem(context.DeadlineExceeded), hook.Waiting, "deadline"},

		"a change is refused":       {refused(fmt.Errorf("create: %w", &connect.APIError{Status: 400, Message: "bad topic"})), hook.Blocked, "connector lines: create: "},
		"a change meets rebalance":  {refused(&connect.APIError{Status: 409, Message: "rebalance"}), hook.Waiting, "waiting for connector lines: "},
		"an unknown plugin":         {refused(&connect.APIError{Status: 500, Message: "Failed to find any class that implements Connector"}), hook.Blocked, "Failed to find any class"},
		"created and not there yet": {with(saw(running), func(r *connectors.Result) { *r = connectors.Result{Name: "lines", Wanted: running} }), hook.Waiting, "waiting for connector lines: not there yet"},

		"the connector failed":   {saw(failed, running), hook.Blocked, "connector lines: FAILED"},
		"the last task failed":   {saw(running, running, running, failed), hook.Blocked, "connector lines: task 2 FAILED"},
		"failed while paused":    {with(saw(paused, failed), to(paused)), hook.Blocked, "connector lines: task 0 FAILED"},
		"no tasks":               {saw(running), hook.Waiting, "waiting for connector lines: no tasks yet"},
		"a task without worker":  {saw(running, running, unassigned), hook.Waiting, "connector lines: task 1 is UNASSIGNED"},
		"no state at all":        {saw(""), hook.Waiting, "connector lines: it is UNASSIGNED"},
		"somebody has paused it": {saw(paused, paused), hook.Waiting, "connector lines: it is PAUSED"},
		"to be stopped":          {with(saw(running, running), to(stopped)), hook.Waiting, "connector lines: it is RUNNING, to be STOPPED"},
		"its deletion shows not": {with(saw(running, running), func(r *connectors.Result) { r.Wanted, r.Pending = "", true }), hook.Waiting, "connector lines: it is being deleted"},
		"not this charm's to do": {with(saw(running, failed), to("")), hook.Active, "no connectors configured"},
		"changed, not seen since": {with(saw(running, failed), func(r *connectors.Result) {
			r.Pending, r.Done = true, []connectors.Action{connectors.Update}
		}), hook.Waiting, "connector lines: task 0 is FAILED"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.report.Status()
			assert.Equal(t, test.name, got.Name, got.Message)
			assert.Contains(t, got.Message, test.says)
		})
	}
}

func TestStatusOfSeveralRelations(t *testing.T) {
	t.Parallel()
	assert.Equal(t, hook.Status{Name: hook.Blocked, Message: "not related to Kafka Connect"}, connectors.Status())
	other := saw(running, failed)
	other.Provider = "other"
	waits := saw(running)
	assert.Equal(t, hook.Status{Name: hook.Blocked, Message: "other: connector lines: task 0 FAILED"},
		connectors.Status(waits, other), "what a person has to mend comes first, wherever it is")
	assert.Equal(t, "2 connectors, 3 tasks running", connectors.Status(saw(running, running), saw(running, running, running)).Message)
	assert.Contains(t, connectors.Status(saw(running, running), connectors.Report{Provider: "other", Problem: connect.ErrUnavailable}).Message,
		"waiting for other: no endpoint")
}

func TestAStatusIsOneShortLine(t *testing.T) {
	t.Parallel()
	report := saw(running, failed)
	report.Connectors[0].Status.Tasks[0].Trace = "ConnectException: no way" + strings.Repeat(" long", 100) + "\n\tat Foo.java"
	message := report.Status().Message
	assert.True(t, strings.HasPrefix(message, "connector lines: task 0 FAILED: ConnectException: no way long"), message)
	assert.LessOrEqual(t, len([]rune(message)), 240)
	assert.NotContains(t, connectors.Report{Problem: errors.New("a\nb")}.Status().Message, "\n")
}
