package control_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// topic is what is in a topic of Kafka, from its beginning on. Of transactions, only what is committed.
type topic struct {
	mu      sync.Mutex
	records []*kgo.Record
}

// follow reads a topic until the end of the test.
func follow(t *testing.T, bootstrap, name string) *topic {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumeTopics(name), kgo.AllowAutoTopicCreation(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	require.NoError(t, err)
	followed, ended := &topic{}, make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			client.PollFetches(ctx).EachRecord(followed.add)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		client.Close()
	})
	return followed
}

func (f *topic) add(record *kgo.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records = append(f.records, record)
}

func (f *topic) all() []*kgo.Record {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*kgo.Record(nil), f.records...)
}

func (f *topic) values() []string {
	var values []string
	for _, record := range f.all() {
		values = append(values, string(record.Value))
	}
	return values
}

// holdsEachOnce requires all records of a server, in order, each once.
func (f *topic) holdsEachOnce(t *testing.T, number int) {
	t.Helper()
	want := make([]string, number)
	for i := range want {
		want[i] = line(i + 1)
	}
	assert.Equal(t, want, f.values())
}

// everythingIn is all that a topic of one partition has at this moment, also of transactions that were given up.
func everythingIn(t *testing.T, bootstrap, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumeTopics(name), kgo.KeepControlRecords(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(t, err)
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, name)
	require.NoError(t, err)
	end, is := ends.Lookup(name, 0)
	require.True(t, is)
	var text strings.Builder
	for read := int64(0); read < end.Offset; {
		fetched := client.PollFetches(ctx)
		require.NoError(t, fetched.Err())
		fetched.EachRecord(func(record *kgo.Record) {
			read = record.Offset + 1
			fmt.Fprintf(&text, "%s %s\n", record.Key, record.Value)
		})
	}
	return text.String()
}
