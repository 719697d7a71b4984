package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"

	"connectcharms/requirer-lib/secret"
)

// ActionGet reads the action's parameters into params, a pointer to a struct with JSON tags or to a map.
func (t *Tools) ActionGet(ctx context.Context, params any) error {
	return t.runJSON(ctx, params, "action-get")
}

// ActionSet adds results. A dot in a key makes a nested result; the parts are lowercase letters, digits and hyphens. Results
// stand on the tool's command line (it has no other way in): nothing secret belongs here, nor more than 128 KiB in one.
func (t *Tools) ActionSet(ctx context.Context, results map[string]string) error {
	args := make([]string, 0, len(results))
	for key, value := range results {
		args = append(args, key+"="+value)
	}
	sort.Strings(args)
	_, err := t.run(ctx, "action-set", append([]string{"--"}, args...)...)
	return err
}

// ActionFail marks the action as failed; the dispatch itself still exits with 0.
func (t *Tools) ActionFail(ctx context.Context, message string) error {
	_, err := t.run(ctx, "action-fail", "--", message)
	return err
}

// ActionLog shows a line to whoever waits for the action.
func (t *Tools) ActionLog(ctx context.Context, message string) error {
	_, err := t.run(ctx, "action-log", "--", message)
	return err
}

// JujuLog writes to the model's log. Level is TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL. Nothing secret belongs here.
func (t *Tools) JujuLog(ctx context.Context, level, message string) error {
	_, err := t.run(ctx, "juju-log", "--log-level", level, "--", message)
	return err
}

// CredentialGet reads the cloud and its credential, as JSON: refused unless the application is trusted.
func (t *Tools) CredentialGet(ctx context.Context) (secret.Value, error) {
	var credential json.RawMessage
	if err := t.runJSON(ctx, &credential, "credential-get"); err != nil {
		return secret.Value{}, err
	}
	return secret.New(string(credential)), nil
}

// Reboot asks for a reboot of the machine when the hook has ended. Juju refuses it in an action.
func (t *Tools) Reboot(ctx context.Context) error {
	if _, err := t.run(ctx, "juju-reboot"); err != nil {
		return fmt.Errorf("ask for a reboot: %w", err)
	}
	return nil
}
