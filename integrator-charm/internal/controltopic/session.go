package controltopic

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/integrator-charm/internal/settings"
)

// session is one membership of the group.
type session struct {
	*Reader
	settings settings.Control
	names    naming
	client   *kgo.Client
	backlog  *backlog
	log      *slog.Logger
	turns    chan struct{} // as many as messages may be in the taker's hands at a time

	mu         sync.Mutex
	partitions map[place]*partition
}

const (
	// atATime is how many connectors' messages the taker has at a time.
	atATime = 8
	// pollRecords is how many records are read in one go.
	pollRecords = 200
	// sessionTimeout is how long the group waits for a member that is gone without a word. It must be what brokers allow: 6 s to 30 min.
	sessionTimeout = 15 * time.Second
	// topicsAge is how long a new topic may be unknown.
	topicsAge = 15 * time.Second
	// commitInterval is how long what is settled may be uncommitted. After a crash, that comes again.
	commitInterval = time.Second
	// deliveryPatience is how long a dead letter may be on its way.
	deliveryPatience = 30 * time.Second
	// closePatience is how long committing and leaving the group may take at the end.
	closePatience = 4 * time.Second
	// errorPause follows after brokers have refused something: asking again at once would change nothing.
	errorPause = time.Second
)

// read is a member of the group until the context ends.
func (r *Reader) read(ctx context.Context, config *Config, behind *backlog) {
	s := &session{
		Reader: r, settings: config.settings, names: config.names, backlog: behind, log: r.log.With("topic", config.settings.Topic),
		turns: make(chan struct{}, atATime), partitions: map[place]*partition{},
	}
	options, err := config.access()
	if err == nil {
		s.client, err = kgo.NewClient(append(options, s.options(ctx)...)...)
	}
	if err != nil { // it stays so until somebody changes the settings
		s.log.Error("control messages are not read", "error", err)
		r.vitals.reached(err)
		<-ctx.Done()
		return
	}
	s.log.Info("control messages are read", "brokers", config.settings.Brokers, "group", config.settings.Group)
	var work sync.WaitGroup
	work.Go(func() { s.watch(ctx) })
	s.poll(ctx)
	s.close(ctx)
	work.Wait() // what is asked of brokers that are silent ends with the client
	s.log.Info("control messages are not read any more")
}

func (s *session) options(ctx context.Context) []kgo.Opt {
	options := []kgo.Opt{
		kgo.ConsumerGroup(s.settings.Group), kgo.SessionTimeout(sessionTimeout), kgo.BlockRebalanceOnPoll(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // the ends of transactions have offsets too
		kgo.FetchMaxBytes(windowBytes), kgo.FetchMaxPartitionBytes(windowBytes / 8), kgo.MetadataMaxAge(topicsAge),
		kgo.AutoCommitMarks(), kgo.AutoCommitInterval(commitInterval),
		kgo.ProducerBatchMaxBytes(windowBytes), kgo.RecordDeliveryTimeout(deliveryPatience),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) { s.assign(ctx, assigned) }),
		kgo.OnPartitionsRevoked(func(ctx context.Context, client *kgo.Client, revoked map[string][]int32) {
			s.release(revoked)
			if err := client.CommitMarkedOffsets(ctx); err != nil {
				s.log.Warn("what was taken last of a partition may come again", "error", err)
			}
		}),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, lost map[string][]int32) { s.release(lost) }),
	}
	if s.member != "" {
		options = append(options, kgo.InstanceID(s.member))
	}
	if s.names.each {
		return append(options, kgo.ConsumeRegex(), kgo.ConsumeTopics(s.names.pattern()))
	}
	return append(options, kgo.ConsumeTopics(s.names.topic))
}

func (s *session) assign(ctx context.Context, assigned map[string][]int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := range places(assigned) {
		s.partitions[at] = newPartition(ctx)
	}
}

// release ends the work on partitions that another member has from now on, or nobody.
func (s *session) release(gone map[string][]int32) {
	for at := range places(gone) {
		s.mu.Lock()
		p := s.partitions[at]
		delete(s.partitions, at)
		s.mu.Unlock()
		if p != nil {
			p.close()
		}
		s.vitals.forget(at)
	}
	s.client.ResumeFetchPartitions(gone)
}

func places(of map[string][]int32) func(yield func(place) bool) {
	return func(yield func(place) bool) {
		for topic, partitions := range of {
			for _, number := range partitions {
				if !yield(place{topic, number}) {
					return
				}
			}
		}
	}
}

func (s *session) poll(ctx context.Context) {
	for ctx.Err() == nil {
		fetches := s.client.PollRecords(ctx, pollRecords)
		fetches.EachRecord(func(record *kgo.Record) { s.take(record) })
		s.client.AllowRebalance()
		if err := firstError(ctx, fetches); err != nil {
			s.log.Warn("reading control messages", "error", err)
			s.vitals.refused(err)
			sleep(ctx, errorPause)
		}
	}
}

func firstError(ctx context.Context, fetches kgo.Fetches) error {
	all := fetches.Errors()
	switch {
	case ctx.Err() != nil || len(all) == 0:
		return nil
	case all[0].Topic == "":
		return all[0].Err
	}
	return fmt.Errorf("topic %s: %w", all[0].Topic, all[0].Err)
}

// take puts a record in its connector's lane.
func (s *session) take(record *kgo.Record) {
	at := place{record.Topic, record.Partition}
	s.mu.Lock()
	p := s.partitions[at]
	s.mu.Unlock()
	if p == nil {
		return // it is another's already
	}
	lane, _ := s.names.connector(record) // one that names none is in a lane of its own
	if p.add(lane, record) {
		p.work.Go(func() { s.work(at, p, lane) })
	}
	s.turn(at, p)
}

// turn has a partition be read on, or not. One turn is over before the next: a pause that came after the resume that follows it
// would last for ever.
func (s *session) turn(at place, p *partition) {
	p.turning.Lock()
	defer p.turning.Unlock()
	which := map[string][]int32{at.topic: {at.partition}}
	switch pause, resume := p.turn(); {
	case pause:
		s.log.Warn("so many messages wait that no more are read", "partition", at.partition)
		s.client.PauseFetchPartitions(which)
	case resume:
		s.client.ResumeFetchPartitions(which)
	}
}

// close commits, and leaves the group, so that another member need not wait.
func (s *session) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	defer s.client.CloseAllowingRebalance()
	s.client.AllowRebalance()
	if err := s.client.LeaveGroupContext(ctx); err != nil { // it releases the partitions and commits
		s.log.Warn("leaving the group", "error", err)
	}
	if s.member == "" {
		return
	}
	// A member that comes back by its name is kept a place, unless it says that it does not come.
	if _, err := kadm.NewClient(s.client).LeaveGroup(ctx, kadm.LeaveGroup(s.settings.Group).InstanceIDs(s.member)); err != nil {
		s.log.Warn("leaving the group", "error", err)
	}
}
