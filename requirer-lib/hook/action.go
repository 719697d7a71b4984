package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
)

// ActionGet reads the action's parameters into params, a pointer to a struct with JSON tags or to a map.
func (t *Tools) ActionGet(ctx context.Context, params any) error {
	return t.runJSON(ctx, params, "action-get")
}

// ActionSet adds results. They stand on the tool's command line (it has no other way in): nothing secret belongs here.
func (t *Tools) ActionSet(ctx context.Context, results map[string]string) error {
	args := make([]string, 0, len(results))
	for key, value := range results {
		args = append(args, key+"="+value)
	}
	sort.Strings(args)
	_, err := t.run(ctx, "action-set", args...)
	return err
}

// ActionFail marks the action as failed; the dispatch itself still exits with 0.
func (t *Tools) ActionFail(ctx context.Context, message string) error {
	_, err := t.run(ctx, "action-fail", message)
	return err
}

// ActionLog shows a line to whoever waits for the action.
func (t *Tools) ActionLog(ctx context.Context, message string) error {
	_, err := t.run(ctx, "action-log", message)
	return err
}

// JujuLog writes to the model's log. Level is DEBUG, INFO, WARNING, ERROR or CRITICAL.
func (t *Tools) JujuLog(ctx context.Context, level, message string) error {
	_, err := t.run(ctx, "juju-log", "--log-level", level, "--", message)
	return err
}

// CredentialGet reads the cloud's credential: refused unless the application is trusted.
func (t *Tools) CredentialGet(ctx context.Context) (json.RawMessage, error) {
	var credential json.RawMessage
	if err := t.runJSON(ctx, &credential, "credential-get"); err != nil {
		return nil, err
	}
	return credential, nil
}

// Reboot asks for a reboot of the machine when the hook has ended.
func (t *Tools) Reboot(ctx context.Context) error {
	if _, err := t.run(ctx, "juju-reboot"); err != nil {
		return fmt.Errorf("ask for a reboot: %w", err)
	}
	return nil
}
