package charm

import (
	"context"
	"errors"
	"fmt"
)

// action is what an operator may ask of a unit. It may write wishes down; what follows from them is done by the rules,
// as in every hook, right afterwards.
type action func(ctx context.Context, u *unit, w *World) (results map[string]string, err error)

func actions() map[string]action {
	return map[string]action{
		"get-operator-password": getOperatorPassword,
		"list-connectors":       listConnectors,
		"list-clients":          listClients,
		"list-plugins":          listPlugins,
		"pre-refresh-check":     preRefreshCheck,
		"restart":               askRestart,
		"rotate-credentials":    rotateCredentials,
		"show-connections":      showConnections,
	}
}

// refusal is why an action is not done: the operator reads it.
type refusal string

func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// act runs the action that an operator asked for.
func (u *unit) act(ctx context.Context, w *World) error {
	results, err := u.perform(ctx, w)
	var refused refusal
	if errors.As(err, &refused) {
		return u.ActionFail(ctx, refused.Error())
	}
	if err != nil {
		return err
	}
	return u.ActionSet(ctx, results)
}

func (u *unit) perform(ctx context.Context, w *World) (results map[string]string, err error) {
	run, known := actions()[u.Action.Name]
	switch {
	case !known:
		return nil, refuse("there is no action %s", u.Action.Name)
	case w.Leaving:
		return nil, refuse("this unit is being removed")
	}
	return run(ctx, u, w)
}
