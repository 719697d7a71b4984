package conformance

import (
	"context"
	"fmt"
	"maps"
	"time"

	"connectcharms/requirer-lib/jujutest/conformance"
)

const (
	lookEvery = 300 * time.Millisecond
	restsFor  = 4 * time.Second // without a change; Juju tells units of changes within a second
	waitsFor  = 2 * time.Minute
)

// Settle waits until every unit is idle or has failed, every application has a leader, nothing is being removed, and nothing
// was recorded for some seconds.
func (r *Real) Settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, waitsFor)
	defer cancel()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var last map[string]string
	why, since := "", time.Now()
	for {
		recordings, err := r.Recordings(ctx)
		if err == nil {
			why, err = r.restless(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("the model does not rest: %s: %w", why, ctx.Err())
		case err != nil:
			return err
		}
		if why != "" || !maps.Equal(last, recordings) {
			last, since = recordings, time.Now()
		}
		if time.Since(since) > restsFor {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
}

// restless says what in the model's status is still to change; it is empty when nothing is.
func (r *Real) restless(ctx context.Context) (string, error) {
	text, err := r.status(ctx)
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
			if !inError && (is.Agent.Current != "idle" || ends(is.Agent.Life)) {
				return fmt.Sprintf("%s is %s %s", unit, is.Agent.Life, is.Agent.Current), nil
			}
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
