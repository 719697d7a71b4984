package connectors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"connectcharms/requirer-lib/connect"
)

// carryOut does the actions of one change, each in turn, in half of the call's time at most: connectors that cannot be
// changed leave the rest of it to the others.
func (r *run) carryOut(ctx context.Context, change Change) error {
	ctx, cancel := context.WithTimeout(ctx, r.options.half())
	defer cancel()
	record, connector := r.records[change.Name], r.connectorName(change.Name)
	ctx = connect.Hiding(ctx, record.secrets()...)
	record.reason = cmp.Or(record.reason, change.Reason)
	for _, action := range change.Actions {
		record.tried, record.since = append(record.tried, action), r.looks
		done, err := r.act(ctx, action, connector, r.desired[change.Name])
		if err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
		if !done {
			continue
		}
		record.done = append(record.done, action)
		if action == Update || action == Adopt || action == SetOffsets {
			record.keys = change.Keys
		}
		r.log.Info("connector", "name", connector, "action", action)
	}
	return nil
}

// act does one action. It is not done where another has done it meanwhile.
func (r *run) act(ctx context.Context, action Action, connector string, wanted Connector) (done bool, err error) {
	switch action {
	case Create:
		err = r.create(ctx, connector, wanted)
		if errors.Is(err, connect.ErrAlreadyExists) {
			return false, nil // the next look shows how it is, and what is to be done about that
		}
	case Update, Adopt:
		err = r.configure(ctx, connector, wanted)
	case SetOffsets:
		if _, err = r.Client.AlterOffsets(ctx, connector, wanted.Offsets); err == nil {
			err = r.configure(ctx, connector, wanted) // which takes off that they are still to be set
		}
	case Pause:
		err = r.Client.Pause(ctx, connector)
	case Resume:
		err = r.Client.Resume(ctx, connector)
	case Stop:
		err = r.Client.Stop(ctx, connector)
	case Restart:
		_, err = r.Client.Restart(ctx, connector, connect.RestartOptions{IncludeTasks: true, OnlyFailed: true})
	case Delete:
		if err = r.Client.Delete(ctx, connector); errors.Is(err, connect.ErrNotFound) {
			return false, nil
		}
	}
	return err == nil, err
}

func (r *run) configure(ctx context.Context, connector string, wanted Connector) error {
	_, _, err := r.Client.PutConfig(ctx, connector, r.marksOf(wanted).written(wanted.Config))
	return err
}

// create makes a connector in its state. Kafka Connect before 3.7 knows no such thing (KIP-980): there it runs for a
// moment first.
func (r *run) create(ctx context.Context, connector string, wanted Connector) error {
	state, marks := wanted.state(), r.marksOf(wanted)
	if len(wanted.Offsets) > 0 {
		state, marks.pending = connect.Stopped, true
	}
	config := marks.written(wanted.Config)
	if state == connect.Running {
		_, err := r.Client.Create(ctx, connector, config, "")
		return err
	}
	_, err := r.Client.Create(ctx, connector, config, connect.InitialState(state))
	if !knowsNoInitialState(err) {
		return err
	}
	if _, err = r.Client.Create(ctx, connector, config, ""); err != nil {
		return err
	}
	if state == connect.Paused {
		return r.Client.Pause(ctx, connector)
	}
	return r.Client.Stop(ctx, connector)
}

func knowsNoInitialState(err error) bool {
	said, is := errors.AsType[*connect.APIError](err)
	return is && strings.Contains(said.Message, `Unrecognized field "initial_state"`)
}
