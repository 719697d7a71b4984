package jujutest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"
)

// ActionResult is what came of an action.
type ActionResult struct {
	ID      string
	Status  string         // "completed" or "failed"
	Message string         // why it failed
	Results map[string]any // what action-set set, nested; of a process also return-code, stdout and stderr
	Log     []ActionMessage
}

// ActionMessage is one line of action-log.
type ActionMessage struct {
	At      time.Time
	Message string
}

// actionRun is one run of an action. Its fields are the model's.
type actionRun struct {
	name, id string
	params   map[string]any
	failed   bool
	message  string
	results  map[string]any
	log      []ActionMessage
}

// set puts a result at a path; what is in the way is overwritten.
func (a *actionRun) set(keys []string, value any) {
	at := a.results
	for _, key := range keys[:len(keys)-1] {
		inner, ok := at[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			at[key] = inner
		}
		at = inner
	}
	at[keys[len(keys)-1]] = value
}

// finish notes how the charm's code ended. An error of an action is its result, not the unit's.
func (a *actionRun) finish(c *hookContext, result outcome) {
	if c.unit.app.charm.fn == nil && !result.skipped {
		a.results["return-code"] = result.exit
		for key, text := range map[string]string{"stdout": result.stdout, "stderr": result.stderr} {
			if text != "" {
				a.results[key] = text
			}
		}
	}
	switch {
	case result.skipped:
		a.failed, a.message = true, fmt.Sprintf("action not implemented on unit %q", c.unit.name)
	case result.err != nil:
		a.failed, a.message = true, result.err.Error()
	}
}

// RunAction runs an action of a unit, after the hook that the unit may run now, and waits for it. The error is about
// actions that could not be run; one that ran and failed says so in its result. It works in a unit in an error state, too.
func (m *Model) RunAction(ctx context.Context, unitName, name string, params map[string]any) (ActionResult, error) {
	u, action, err := m.newAction(ctx, unitName, name, params)
	if err != nil {
		return ActionResult{}, fmt.Errorf("run action %s on %s: %w", name, unitName, err)
	}
	m.runHook(ctx, u, hookInfo{kind: kindAction, action: action})
	m.release(u)
	m.mu.Lock()
	defer m.mu.Unlock()
	result := ActionResult{
		ID: action.id, Status: "completed", Message: action.message, Results: action.results, Log: action.log,
	}
	if action.failed {
		result.Status = "failed"
	}
	return result, nil
}

// newAction checks the action and waits until the unit is free for it.
func (m *Model) newAction(ctx context.Context, unitName, name string, params map[string]any) (*unit, *actionRun, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stop := context.AfterFunc(ctx, m.wake)
	defer stop()
	for {
		u, err := m.unit(unitName)
		if err != nil {
			return nil, nil, err
		}
		meta, ok := u.app.meta().Actions[name]
		if !ok {
			return nil, nil, fmt.Errorf("action %q not defined on unit %q", name, unitName)
		}
		full, err := meta.fill(params)
		if err != nil {
			return nil, nil, err
		}
		if err := cmp.Or(context.Cause(ctx), context.Cause(m.life)); err != nil {
			return nil, nil, err
		}
		if u.busy {
			m.changed.Wait()
			continue
		}
		m.occupy(u)
		m.nextAction++
		return u, &actionRun{name: name, id: strconv.Itoa(m.nextAction), params: full, results: map[string]any{}}, nil
	}
}

// fill checks parameters against the action's schema, as far as names go, and adds defaults.
func (a actionYAML) fill(params map[string]any) (map[string]any, error) {
	full := map[string]any{}
	for name, schema := range a.Params {
		if fields, ok := schema.(map[string]any); ok && fields["default"] != nil {
			full[name] = fields["default"]
		}
	}
	for name := range params {
		_, known := a.Params[name]
		if !known && a.AdditionalProperties != nil && !*a.AdditionalProperties {
			return nil, fmt.Errorf("validation failed: (root) : additional property %q is not allowed", name)
		}
	}
	maps.Copy(full, params)
	for _, name := range a.Required {
		if _, ok := full[name]; !ok {
			return nil, fmt.Errorf("validation failed: (root) : %q property is missing and required", name)
		}
	}
	return full, nil
}
