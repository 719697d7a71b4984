package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/flow"
)

const (
	rolloutTasks = 12
	copying      = "copy" // the connector whose tasks run meanwhile
)

// group is workers to which a plugin is brought while a connector's tasks run on them.
type group interface {
	start(ctx context.Context, workers int) error
	create(ctx context.Context, connector string, config map[string]string) error
	install(ctx context.Context, address string) error // returns when every worker has loaded it
	statusTopic() string
	restarted() []float64 // how often, each worker
	end() error
}

// rolled is what one rollout was like.
type rolled struct {
	longest, usual, took  time.Duration // without a record, of the worst task and of the median one; and until all was over
	starts, twice, missed int
	restarts              []float64
}

// rollout is one way to bring a plugin to workers, and what it was like in each round.
type rollout struct {
	name   string
	rounds int
	group  func(round int) group
	all    []rolled
}

// Rollouts compares how a plugin gets to workers that have tasks to run.
func Rollouts(ctx context.Context, s *Stage) (report.Section, error) {
	plugins, err := s.ServePlugins(ctx)
	if err != nil {
		return report.Section{}, err
	}
	ways := waysToRoll(s)
	for round := range Pick(s, 1, 3) {
		for i := range ways {
			way := &ways[(i+round)%len(ways)] // none is always the first
			if round >= way.rounds {
				continue
			}
			s.Say("round %d, %s", round+1, way.name)
			one, err := s.roll(ctx, way.group(round), fmt.Sprintf("%s/%d", plugins, round))
			if err != nil {
				return report.Section{}, fmt.Errorf("%s: %w", way.name, err)
			}
			way.all = append(way.all, one)
		}
	}
	return rolloutSection(ways), nil
}

// defaultDelay is how long Kafka Connect keeps tasks of a worker that has gone for its return, by default.
const defaultDelay = 5 * time.Minute

// waysToRoll are ours and then the others.
func waysToRoll(s *Stage) []rollout {
	rounds := Pick(s, 1, 3)
	hand := func(name, delay string, together bool) func(int) group {
		return func(round int) group {
			return &byHand{
				stage: s, group: fmt.Sprintf("%s-%d", name, round), together: together,
				settings: map[string]string{"scheduled.rebalance.max.delay.ms": delay},
			}
		}
	}
	byDefault := fmt.Sprint(defaultDelay.Milliseconds())
	all := []rollout{
		{name: "the charm", rounds: rounds, group: func(int) group { return &charmed{stage: s} }},
		{name: "by hand, all at once, default settings", rounds: rounds, group: hand("together", byDefault, true)},
		{name: "by hand, one by one, `scheduled.rebalance.max.delay.ms=0`", rounds: rounds, group: hand("tuned", "0", false)},
		{name: "by hand, one by one, default settings", rounds: 1, group: hand("default", byDefault, false)}, // a round takes the delay
	}
	if s.Quick {
		return all[:2]
	}
	return all
}

// roll has a group start, run tasks, and get a plugin.
func (s *Stage) roll(ctx context.Context, on group, plugin string) (_ rolled, err error) {
	broker, err := s.Broker(ctx)
	if err != nil {
		return rolled{}, err
	}
	defer func() { err = errors.Join(err, on.end()) }()
	if err := on.start(ctx, Pick(s, 1, 3)); err != nil {
		return rolled{}, err
	}
	records, err := flow.Start(ctx, broker.Bootstrap(), rolloutTasks)
	if err != nil {
		return rolled{}, err
	}
	defer records.Close()
	if err := on.create(ctx, copying, records.Connector()); err != nil {
		return rolled{}, err
	}
	if err := records.Await(ctx, time.Now()); err != nil {
		return rolled{}, err
	}
	begin := time.Now()
	if err := on.install(ctx, plugin); err != nil {
		return rolled{}, err
	}
	became, err := records.Judge(ctx, begin)
	if err != nil {
		return rolled{}, err
	}
	took := time.Since(begin)
	starts, err := startsOfTasks(ctx, broker.Bootstrap(), on.statusTopic(), begin)
	slices.Sort(became.Gaps)
	return rolled{
		longest: became.Gaps[rolloutTasks-1], usual: became.Gaps[rolloutTasks/2], took: took,
		starts: starts, twice: became.Twice, missed: became.Missed, restarts: on.restarted(),
	}, err
}

// startsOfTasks counts how often tasks of the connector began to run since a time, by what workers have noted of it.
func startsOfTasks(ctx context.Context, bootstrap, topic string, since time.Time) (starts int, err error) {
	reader, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(since.UnixMilli())))
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	for {
		// What is there already comes at once: the rollout is over.
		polling, cancel := context.WithTimeout(ctx, time.Second)
		fetched := reader.PollFetches(polling)
		cancel()
		if ctx.Err() != nil || fetched.Empty() {
			return starts, ctx.Err()
		}
		fetched.EachRecord(func(record *kgo.Record) {
			if strings.HasPrefix(string(record.Key), "status-task-"+copying) && stateIn(record.Value) == "RUNNING" {
				starts++
			}
		})
	}
}

// stateIn is empty where the record is that of a task that is gone.
func stateIn(status []byte) string {
	var said struct{ State string }
	_ = json.Unmarshal(status, &said)
	return said.State
}

func rolloutSection(ways []rollout) report.Section {
	question := "How long do records stop, and how long does it take, when three workers with twelve tasks get a plugin?"
	table := report.Table{Method: fmt.Sprintf(
		"MirrorMaker's source connector copies %d partitions, each a task with about 50 records a second; the plugin is Apache's file connectors. "+
			"The charm: from `juju integrate` to published credentials, in package jujutest. By hand: `curl | tar` for each worker, SIGTERM, start, and a wait "+
			"until `GET /health` says that the worker is healthy; the settings are those of `config/connect-distributed.properties` and Kafka's defaults. "+
			"Then until every task copies. A start of a task is one that its worker has noted in the status topic. With the default settings a worker's tasks "+
			"wait %s for its return, so that way has one round.", rolloutTasks, defaultDelay)}
	for _, measure := range []struct {
		what string
		of   func(rolled) time.Duration
	}{
		{"longest time without a record, worst task", func(r rolled) time.Duration { return r.longest }},
		{"longest time without a record, median task", func(r rolled) time.Duration { return r.usual }},
		{"whole rollout", func(r rolled) time.Duration { return r.took }},
	} {
		for _, peer := range ways[1:] {
			table.Rows = append(table.Rows, report.Row{
				What: measure.what, Unit: report.Seconds, PeerName: peer.name,
				Ours: ways[0].times(measure.of), Peer: peer.times(measure.of),
			})
		}
	}
	notes := []string{}
	for _, way := range ways {
		notes = append(notes, way.counts())
	}
	return report.Section{
		Title: "A plugin for three workers that run tasks", Question: question, Tables: []report.Table{table}, Notes: notes,
	}
}

func (r rollout) times(of func(rolled) time.Duration) (sample report.Sample) {
	for _, one := range r.all {
		sample = append(sample, of(one).Seconds())
	}
	return sample
}

// counts says in words what was counted in all rounds.
func (r rollout) counts() string {
	var restarts, starts, twice, missed report.Sample
	for _, one := range r.all {
		restarts = append(restarts, one.restarts...)
		starts, twice, missed = append(starts, float64(one.starts)), append(twice, float64(one.twice)), append(missed, float64(one.missed))
	}
	return fmt.Sprintf("%s: %s restart(s) of each worker, %s starts of tasks, %s records copied twice, %s never.", r.name,
		restarts.Text(report.Count), starts.Text(report.Count), twice.Text(report.Count), missed.Text(report.Count))
}
