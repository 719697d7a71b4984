package controltopic_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/integrator-charm/internal/controltopic"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/said"
)

const (
	deadline = 5 * time.Minute // megabytes of messages take long on a busy machine
	letters  = "dead-letters"
	password = "hunter2"
)

// stage is a cluster of Kafka in memory, with a client that may do everything.
type stage struct {
	t       *testing.T
	brokers []string
	client  *kgo.Client
}

func newStage(t *testing.T, options ...kfake.Opt) *stage {
	t.Helper()
	options = append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(1, "control", letters), kfake.GroupMinSessionTimeout(time.Second)}, options...)
	cluster, err := kfake.NewCluster(options...)
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	s := &stage{t: t, brokers: cluster.ListenAddrs()}
	s.client = s.dial()
	return s
}

func (s *stage) dial(options ...kgo.Opt) *kgo.Client {
	s.t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(s.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerBatchMaxBytes(2 << 20)}, options...)...)
	require.NoError(s.t, err)
	s.t.Cleanup(client.Close)
	return client
}

// settings are what is read by default.
func (s *stage) settings() settings.Control {
	return settings.Control{Brokers: s.brokers, Topic: "control", Group: "group", DeadLetterTopic: letters}
}

// say writes records, and gives their offsets.
func (s *stage) say(records ...*kgo.Record) (offsets []int64) {
	s.t.Helper()
	require.NoError(s.t, s.client.ProduceSync(s.t.Context(), records...).FirstErr())
	for _, record := range records {
		offsets = append(offsets, record.Offset)
	}
	return offsets
}

// committed is the group's offset of partition 0 of a topic; 0: none.
func (s *stage) committed(topic string) int64 {
	s.t.Helper()
	found, err := kadm.NewClient(s.client).FetchOffsets(s.t.Context(), "group")
	if errors.Is(err, kerr.GroupIDNotFound) {
		return 0 // nobody was in it yet
	}
	require.NoError(s.t, err)
	offset, _ := found.Lookup(topic, 0)
	return offset.At
}

func (s *stage) members() int {
	s.t.Helper()
	groups, err := kadm.NewClient(s.client).DescribeGroups(s.t.Context(), "group")
	require.NoError(s.t, err)
	return len(groups["group"].Members)
}

// letters are the dead letters, so many of them.
func (s *stage) letters(number int) (found []*kgo.Record) {
	s.t.Helper()
	client := s.dial(kgo.ConsumeTopics(letters), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ctx, cancel := context.WithTimeout(s.t.Context(), deadline)
	defer cancel()
	for len(found) < number && ctx.Err() == nil {
		found = append(found, client.PollFetches(ctx).Records()...)
	}
	require.Len(s.t, found, number)
	return found
}

func header(record *kgo.Record, key string) string {
	for _, one := range record.Headers {
		if one.Key == key {
			return string(one.Value)
		}
	}
	return ""
}

// message is a record with a message that sets the key n.
func message(connector string, n int) *kgo.Record {
	return &kgo.Record{Topic: "control", Key: []byte(connector), Value: text(n)}
}

// large is how many bytes a large message has more than another.
const large = 900_000

func largeMessage(connector string, n int) *kgo.Record {
	record := message(connector, n)
	record.Value = append(record.Value, bytes.Repeat([]byte{' '}, large)...)
	return record
}

func text(n int) []byte {
	return fmt.Appendf(nil, `{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":%d,"connectorConfig":{"config":{"token":"%s"}}}}`, n, password)
}

// reading is a reader at work, with a taker.
type reading struct {
	*controltopic.Reader
	*taker
	registry *prometheus.Registry
	log      *said.Lines
	end      func()
	caughtUp chan []string     // what was taken when what was there at the beginning was tried
	heard    func(line string) // is given what is logged, if not nil
}

// begin runs a reader until the end of the test, or before.
func (s *stage) begin(member string, control settings.Control) *reading {
	s.t.Helper()
	r := s.standby(member)
	r.Configure(s.open(control))
	return r
}

func (s *stage) open(control settings.Control) *controltopic.Config {
	s.t.Helper()
	config, err := controltopic.Open(control, slog.New(slog.DiscardHandler))
	require.NoError(s.t, err)
	return config
}

func (s *stage) standby(member string) *reading {
	r := &reading{
		taker: &taker{answers: map[string]error{}, hold: map[string]chan struct{}{}}, registry: prometheus.NewRegistry(), log: &said.Lines{},
		caughtUp: make(chan []string, 1),
	}
	await := func(time.Duration) func() {
		return func() {
			select {
			case r.caughtUp <- r.took():
			default: // it was said before, of another configuration
			}
		}
	}
	r.Reader = controltopic.New(controltopic.Options{
		Taker: r.taker, Await: await, Member: member, Metrics: r.registry, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.MultiWriter(r.log, r), nil)),
	})
	r.RetryAfter(10*time.Millisecond, 50*time.Millisecond)
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(ctx)
	}()
	r.end = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	s.t.Cleanup(func() {
		r.end()
		assert.NotContains(s.t, r.log.String(), password)
		if s.t.Failed() {
			s.t.Log(r.log.String())
		}
	})
	return r
}

// Write is an io.Writer's, of the log.
func (r *reading) Write(line []byte) (int, error) {
	if r.heard != nil {
		r.heard(string(line))
	}
	return len(line), nil
}

func (s *stage) until(is func() bool, why ...any) {
	s.t.Helper()
	require.Eventually(s.t, is, deadline, 5*time.Millisecond, why...)
}

// metric is the sum of a metric with a value of its label, or without one.
func (r *reading) metric(t *testing.T, name, label string) (sum float64) {
	t.Helper()
	families, err := r.registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, one := range family.GetMetric() {
			if label == "" || one.GetLabel()[0].GetValue() == label {
				sum += one.GetCounter().GetValue() + one.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// taker keeps messages in memory.
type taker struct {
	mu      sync.Mutex
	answers map[string]error         // by connector
	hold    map[string]chan struct{} // connectors whose messages hang until it is closed
	seen    []string                 // connector and time of emission, as they are kept
	tries   int
	refused []string
}

func (k *taker) Take(ctx context.Context, from controltopic.From, message control.Message) error {
	k.mu.Lock()
	k.tries++
	held, answer := k.hold[from.Connector], k.answers[from.Connector]
	k.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if answer != nil {
		return answer
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = append(k.seen, fmt.Sprintf("%s %d", from.Connector, message.EmittedAt.UnixMilli()))
	return nil
}

func (k *taker) Refuse(_ context.Context, from controltopic.From, problems control.Problems) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refused = append(k.refused, from.Connector)
	return &controltopic.Refusal{Err: problems}
}

func (k *taker) answer(connector string, with error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answers[connector] = with
}

// holdUp has messages of a connector hang until the function is called.
func (k *taker) holdUp(connector string) (letGo func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	held := make(chan struct{})
	k.hold[connector] = held
	return sync.OnceFunc(func() { close(held) })
}

// took are the messages of a connector that are kept, in order.
func (k *taker) took() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.seen)
}

func (k *taker) tried() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tries
}
