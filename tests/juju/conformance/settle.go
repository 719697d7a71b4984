package conformance

import (
	"context"
	"fmt"
	"maps"
	"time"

	"connectcharms/requirer-lib/jujutest/conformance"
)

const (
	lookEvery = time.Second
	restsFor  = 12              // looks that show no change: on a busy machine they take longer, as all does
	waitsFor  = 5 * time.Minute // pods that die again are started with a delay
)

// settle waits until nothing is restless, and nothing was recorded for a while. Juju tells units of changes within a second,
// and a unit's agent looks for its containers every 5 s.
func (c *client) settle(ctx context.Context, recordings func(context.Context) (map[string]string, error),
	restless func(context.Context) (why string, err error),
) error {
	ctx, cancel := context.WithTimeout(ctx, waitsFor)
	defer cancel()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var last map[string]string
	why, calm := "", 0
	for {
		recorded, err := recordings(ctx)
		if err == nil {
			why, err = restless(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("the model does not rest: %s: %w", why, ctx.Err())
		case err != nil:
			return err
		}
		if why != "" || !maps.Equal(last, recorded) {
			last, calm = recorded, 0
		}
		if calm++; calm > restsFor {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
}

// restless says what in the model's status is still to change: a unit that is neither idle nor failed, or comes or goes; an
// application without a leader, or that goes. It is empty when nothing is.
func (c *client) restless(ctx context.Context) (string, error) {
	text, err := c.status(ctx)
	if err != nil {
		return "", err
	}
	status, err := conformance.ReadStatus(text)
	if err != nil {
		return "", err
	}
	for name, application := range status.Applications {
		failed, leader := false, len(application.Units) == 0
		for unit, is := range application.Units {
			inError := is.Workload.Current == "error"
			failed, leader = failed || inError, leader || is.Leader
			if inError && c.retries {
				return fmt.Sprintf("%s is to run a failed hook again", unit), nil
			}
			if is.Workload.Message == "installing charm software" {
				return unit + " has not started", nil
			}
			if !inError && (is.Agent.Current != "idle" || ends(is.Agent.Life)) {
				return fmt.Sprintf("%s is %s %s", unit, is.Agent.Life, is.Agent.Current), nil
			}
		}
		if application.Scale > 0 && application.Scale != len(application.Units) {
			return fmt.Sprintf("%s is to have %d units, and has %d", name, application.Scale, len(application.Units)), nil
		}
		if !leader {
			return name + " has no leader", nil
		}
		if ends(application.Life) && !failed {
			return fmt.Sprintf("%s is %s", name, application.Life), nil
		}
	}
	return "", nil
}

// ends says whether a life is another than that of what stays; status leaves the life of some things out while they stay.
func ends(life string) bool { return life != "" && life != "alive" }
