package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/requirer-lib/connect"
)

// flow is records that a connector copies from one topic to another, each task its own partition. The broker stamps them.
type flow struct {
	*stage
	topic string
	tasks int
}

// startFlow has a client's connector copy records, some 50 a second and task, and returns when all tasks do.
func (s *stage) startFlow(relation, tasks int) *flow {
	s.t.Helper()
	source := "flow-" + s.UUID()[:8]
	f := &flow{stage: s, topic: "copy." + source, tasks: tasks}
	client := f.client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	stamped := "LogAppendTime"
	admin := kadm.NewClient(client)
	for topic, config := range map[string]map[string]*string{source: nil, f.topic: {"message.timestamp.type": &stamped}} {
		_, err := admin.CreateTopic(s.t.Context(), int32(tasks), 1, config, topic)
		require.NoError(s.t, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.produce(ctx, client, source)
	}()
	s.t.Cleanup(func() { stop(); <-ended })

	name := fmt.Sprintf("copy_r%d_%s", relation, strings.ReplaceAll(s.UUID(), "-", ""))
	_, err := s.rest(relation).Create(s.t.Context(), name, map[string]string{
		"connector.class":                       "org.apache.kafka.connect.mirror.MirrorSourceConnector",
		"tasks.max":                             fmt.Sprint(tasks),
		"source.cluster.alias":                  "copy",
		"target.cluster.alias":                  "here",
		"source.cluster.bootstrap.servers":      parts.broker.Bootstrap(),
		"target.cluster.bootstrap.servers":      parts.broker.Bootstrap(),
		"topics":                                source,
		"replication.factor":                    "1",
		"offset-syncs.topic.replication.factor": "1",
		"sync.topic.configs.enabled":            "false",
		"sync.topic.acls.enabled":               "false",
		"key.converter":                         "org.apache.kafka.connect.converters.ByteArrayConverter",
		"value.converter":                       "org.apache.kafka.connect.converters.ByteArrayConverter",
	}, connect.InitialRunning)
	require.NoError(s.t, err)
	f.awaitRecords(time.Now())
	return f
}

func (f *flow) client(options ...kgo.Opt) *kgo.Client {
	f.t.Helper()
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(parts.broker.Bootstrap()))...)
	require.NoError(f.t, err)
	f.t.Cleanup(client.Close)
	return client
}

func (f *flow) produce(ctx context.Context, client *kgo.Client, topic string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		for partition := range f.tasks {
			client.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(partition), Value: []byte("x")}, nil)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// awaitRecords waits until every task has copied a record after a time.
func (f *flow) awaitRecords(after time.Time) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 2*time.Minute)
	defer cancel()
	reader := f.client(kgo.ConsumeTopics(f.topic), kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(after.UnixMilli())))
	seen := map[int32]bool{}
	for len(seen) < f.tasks {
		fetched := reader.PollFetches(ctx)
		require.NoError(f.t, ctx.Err(), "only %d of %d tasks copy", len(seen), f.tasks)
		fetched.EachRecord(func(record *kgo.Record) { seen[record.Partition] = true })
	}
}

// longestGaps is the longest time without a record, from begin to now, for each task.
func (f *flow) longestGaps(begin time.Time) []time.Duration {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
	defer cancel()
	end := time.Now()
	f.awaitRecords(end)
	reader := f.client(kgo.ConsumeTopics(f.topic), kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(begin.UnixMilli())))
	last, gaps, past := map[int32]time.Time{}, map[int32]time.Duration{}, map[int32]bool{}
	for len(past) < f.tasks {
		fetched := reader.PollFetches(ctx)
		require.NoError(f.t, ctx.Err())
		fetched.EachRecord(func(record *kgo.Record) {
			before, any := last[record.Partition]
			if any && !past[record.Partition] {
				gaps[record.Partition] = max(gaps[record.Partition], record.Timestamp.Sub(before))
			}
			last[record.Partition] = record.Timestamp
			past[record.Partition] = past[record.Partition] || record.Timestamp.After(end)
			if !past[record.Partition] {
				delete(past, record.Partition)
			}
		})
	}
	var all []time.Duration
	for _, gap := range gaps {
		all = append(all, gap)
	}
	return all
}
