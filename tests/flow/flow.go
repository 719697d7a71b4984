// Package flow is records that a connector copies from one topic to another, each of its tasks a partition of its own, and
// what became of them: how long none came, and which came twice or never.
package flow

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Flow is records of some tasks, about 50 a second each. The broker stamps the copies.
type Flow struct {
	bootstrap, source string
	tasks             int
	producer          *kgo.Client
	stop              context.CancelFunc
	producing         sync.WaitGroup
}

// every is how often each task has a record to copy.
const every = 20 * time.Millisecond

// Start makes the topics, and produces records until Close. The connector that copies them is for the caller to create.
func Start(ctx context.Context, bootstrap string, tasks int) (*Flow, error) {
	producer, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	if err != nil {
		return nil, err
	}
	f := &Flow{bootstrap: bootstrap, source: "flow-" + rand.Text()[:8], tasks: tasks, producer: producer}
	if err := f.createTopics(ctx); err != nil {
		producer.Close()
		return nil, err
	}
	producing, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.stop = stop
	f.producing.Go(func() { f.produce(producing) })
	return f, nil
}

func (f *Flow) createTopics(ctx context.Context) error {
	admin, stamped := kadm.NewClient(f.producer), "LogAppendTime"
	for topic, config := range map[string]map[string]*string{f.source: nil, f.copied(): {"message.timestamp.type": &stamped}} {
		if _, err := admin.CreateTopic(ctx, int32(f.tasks), 1, config, topic); err != nil {
			return fmt.Errorf("create topic %s: %w", topic, err)
		}
	}
	return nil
}

// copied is the topic that the connector copies to: MirrorMaker names it so.
func (f *Flow) copied() string { return "copy." + f.source }

// Close ends the records.
func (f *Flow) Close() {
	f.stop()
	f.producing.Wait()
	f.producer.Close()
}

// Connector is the configuration of the connector that copies, MirrorMaker's, which every Kafka has.
func (f *Flow) Connector() map[string]string {
	return map[string]string{
		"connector.class":                       "org.apache.kafka.connect.mirror.MirrorSourceConnector",
		"tasks.max":                             strconv.Itoa(f.tasks),
		"source.cluster.alias":                  "copy",
		"target.cluster.alias":                  "here",
		"source.cluster.bootstrap.servers":      f.bootstrap,
		"target.cluster.bootstrap.servers":      f.bootstrap,
		"topics":                                f.source,
		"replication.factor":                    "1",
		"offset-syncs.topic.replication.factor": "1",
		"sync.topic.configs.enabled":            "false",
		"sync.topic.acls.enabled":               "false",
		"key.converter":                         "org.apache.kafka.connect.converters.ByteArrayConverter",
		"value.converter":                       "org.apache.kafka.connect.converters.ByteArrayConverter",
	}
}

// produce numbers the records of each partition.
func (f *Flow) produce(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for number := 0; ctx.Err() == nil; number++ {
		for partition := range f.tasks {
			f.producer.Produce(ctx, &kgo.Record{Topic: f.source, Partition: int32(partition), Value: strconv.AppendInt(nil, int64(number), 10)}, nil)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// Await returns when every task has copied a record after a time.
func (f *Flow) Await(ctx context.Context, after time.Time) error {
	seen := map[int32]bool{}
	err := f.read(ctx, after, func(record *kgo.Record) (enough bool) {
		seen[record.Partition] = true
		return len(seen) == f.tasks
	})
	if err != nil {
		return fmt.Errorf("%d of %d tasks copy: %w", len(seen), f.tasks, err)
	}
	return nil
}

// read gives the copies from a time on, in the order of each partition, until one was enough.
func (f *Flow) read(ctx context.Context, from time.Time, take func(*kgo.Record) (enough bool)) error {
	reader, err := kgo.NewClient(kgo.SeedBrokers(f.bootstrap), kgo.ConsumeTopics(f.copied()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(from.UnixMilli())))
	if err != nil {
		return err
	}
	defer reader.Close()
	for {
		fetched := reader.PollFetches(ctx)
		if err := errors.Join(ctx.Err(), fetched.Err0()); err != nil {
			return err
		}
		for records := fetched.RecordIter(); !records.Done(); {
			if take(records.Next()) {
				return nil
			}
		}
	}
}
