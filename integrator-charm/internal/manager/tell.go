package manager

import (
	"context"
	"fmt"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// steadyAfter is how long a connector that has failed has to run until its owner is told that it is well again: one that fails again
// at once is not.
const steadyAfter = time.Minute

// introduce says whose the connectors of a file are.
func (k *keeper) introduce(ctx context.Context, file *state.File) {
	var subjects []notify.Subject
	for _, c := range file.Connectors {
		resolve := func(value state.Value) secret.Value {
			text, err := value.Resolve(k.cluster.Secrets)
			if err != nil {
				k.log.Warn("an owner's address is not known", "connector", c.Name, "error", err)
			}
			return text
		}
		subjects = append(subjects, notify.Subject{
			Connector: c.Name, Team: c.Owner.Team, Email: c.Owner.Email, OnCall: c.Owner.OnCall, Labels: c.Labels,
			Webhook: resolve(c.Owner.Webhook), Chat: resolve(c.Owner.Chat),
		})
	}
	if err := k.notifier.Know(ctx, k.cluster.Name, subjects); err != nil {
		k.log.Error("owners are those from before", "error", err)
	}
}

// subjects are whose connectors are, for the rules of approvals: also of those that the file names no more.
func (k *keeper) subjects(ctx context.Context) (func(connector string) approval.Subject, error) {
	known, err := k.notifier.LastKnown(ctx, k.cluster.Name)
	return func(connector string) approval.Subject {
		subject := known[connector]
		return approval.Subject{Owner: subject.Team, Labels: subject.Labels}
	}, err
}

// tellHealth tells owners what has failed, and what is well again.
func (k *keeper) tellHealth(ctx context.Context, file *state.File, there map[string]connectors.Found) {
	var seen []notify.Seen
	k.mu.Lock()
	now := k.now()
	for _, wanted := range file.Connectors {
		found, exists := there[wanted.Name]
		if !exists || !found.Owned {
			continue
		}
		known, well := k.inner.backoffs[wanted.Name], k.inner.well[wanted.Name]
		one := notify.Seen{Connector: wanted.Name, Health: health(wanted, found.Status, known, well, now)}
		if one.Health == notify.Ill {
			one.Trace = failure(found)
		}
		if known != nil {
			one.Attempts, one.GivenUp = known.attempts, known.givenUp
		}
		seen = append(seen, one)
	}
	k.mu.Unlock()
	if err := k.notifier.Observe(ctx, k.cluster.Name, seen); err != nil && ctx.Err() == nil {
		k.log.Error("owners are not told how their connectors are", "error", err)
	}
}

// health is how a connector is for its owner. It is a pure function.
func health(wanted state.Connector, status connect.Status, known *backoff, well, now time.Time) notify.Health {
	switch {
	case status.AnyFailed():
		return notify.Ill
	case wanted.State != connect.Running && status.Connector.State == wanted.State:
		return notify.Well
	case wanted.State != connect.Running || well.IsZero():
		return notify.Unclear
	case known != nil && now.Sub(well) < min(steadyAfter, wanted.Restart.ResetAfter):
		return notify.Unclear
	}
	return notify.Well
}

// tellChanges tells owners what was done to their connectors.
func (k *keeper) tellChanges(ctx context.Context, run int64, by string, results []connectors.Result) {
	var news []notify.News
	for _, result := range results {
		if len(result.Done) == 0 {
			continue
		}
		one := notify.News{ID: fmt.Sprint(run, " ", result.Name), Connector: result.Name, Kind: notify.Changed}
		var done []string
		for _, action := range result.Done {
			done = append(done, string(action))
			if action == connectors.Delete {
				one.Kind = notify.Removed
			}
		}
		one.Text = strings.Join(done, ", ") + " by " + by
		if result.Reason != "" {
			one.Text += ": " + result.Reason
		}
		news = append(news, one)
	}
	if len(news) == 0 {
		return
	}
	if err := k.notifier.Tell(ctx, k.cluster.Name, news); err != nil {
		k.log.Error("owners are not told what was done to their connectors", "error", err)
	}
}

// outageAfter is how long source or cluster may be away until somebody is told: most of it passes.
const outageAfter = 5 * time.Minute

// tellTrouble tells those who run the manager what keeps it from its work, and when nothing does any more.
func (k *keeper) tellTrouble(ctx context.Context) {
	matters := map[string]string{}
	if problems := k.status().Problems; len(problems) > 0 {
		matters["state file"] = problems[0].Error()
	}
	now := k.now()
	if _, read, err := k.source.last(); err != nil && !read.IsZero() && now.Sub(read) >= outageAfter {
		matters["source"] = err.Error()
	}
	if since, err := k.sight.outage(); !since.IsZero() && now.Sub(since) >= outageAfter {
		matters["cluster"] = err.Error()
	}
	if err := k.notifier.Trouble(ctx, k.cluster.Name, matters); err != nil && ctx.Err() == nil {
		k.log.Error("nobody is told what troubles the manager", "error", err)
	}
}

// tellHalted tells the owner of a connector that it was stopped, and is kept so.
func (k *keeper) tellHalted(ctx context.Context, connector string, m overlay.Message, why *overlay.Nonconforming) {
	k.tellOne(ctx, notify.News{
		ID: "control " + m.Digest, Connector: connector, Kind: notify.Halted,
		Text: fmt.Sprintf("a control message by %s does not conform: %s", m.By, overlay.Reasons(why.Problems)),
	})
}

// tellReleased tells it that this is over.
func (k *keeper) tellReleased(ctx context.Context, connector string, sequence int64) {
	k.tellOne(ctx, notify.News{ID: fmt.Sprint("released ", sequence), Connector: connector, Kind: notify.Unhalted})
}

func (k *keeper) tellOne(ctx context.Context, news notify.News) {
	if err := k.notifier.Tell(ctx, k.cluster.Name, []notify.News{news}); err != nil {
		k.log.Error("an owner is not told", "connector", news.Connector, "what", news.Kind, "error", err)
	}
}
