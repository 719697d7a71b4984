package controltopic

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/requirer-lib/control"
)

// work settles the records of a lane, one after the other, until there are no more.
func (s *session) work(at place, p *partition, lane string) {
	for record := p.first(lane); record != nil; record = p.first(lane) {
		if !s.settle(at, p, lane, record) {
			return
		}
		if last := p.settle(lane); last != nil {
			s.client.MarkCommitRecords(last)
		}
		s.vitals.settled(at, record.Offset)
		s.backlog.reach(at, p.position())
		s.turn(at, p)
	}
}

// settle tries a record until it is kept, or given up for good; false: the partition is another's before that.
func (s *session) settle(at place, p *partition, lane string, record *kgo.Record) bool {
	for attempts := 1; ; attempts++ {
		result, err := s.inTurn(p.ctx, record)
		if p.ctx.Err() != nil && err != nil {
			return false
		}
		if err == nil {
			s.meters.count(result)
			return true
		}
		s.log.Warn("a control message waits", "connector", lane, "partition", at.partition, "offset", record.Offset, "attempts", attempts, "error", err)
		s.vitals.waits(at, record.Offset, err)
		p.tried(lane)
		s.backlog.reach(at, p.position())
		if !s.retry.wait(p.ctx, attempts) {
			return false
		}
	}
}

// inTurn handles a record when it may.
func (s *session) inTurn(ctx context.Context, record *kgo.Record) (result, error) {
	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-s.turns }()
	return s.handle(ctx, record)
}

// result is what became of a record.
type result string

const (
	taken        result = "taken"
	ignored      result = "ignored" // it is no control message, and need not be one
	deadLettered result = "dead-lettered"
)

// handle has the taker keep a message. The error says why that cannot be done now.
func (s *session) handle(ctx context.Context, record *kgo.Record) (result, error) {
	if record.Attrs.IsControl() || len(record.Value) == 0 {
		return ignored, nil // the end of a transaction, or what is left of a record in a compacted topic
	}
	message, err := control.Parse(record.Value)
	if errors.Is(err, control.ErrOther) {
		return ignored, nil
	}
	connector, nameless := s.names.connector(record)
	if nameless != nil {
		return s.bury(ctx, record, connector, nameless)
	}
	from := From{
		Cluster: s.settings.Context, Connector: connector, Topic: record.Topic, Partition: record.Partition, Offset: record.Offset,
	}
	if problems := control.Problems(nil); errors.As(err, &problems) {
		err = s.taker.Refuse(ctx, from, problems)
	} else {
		err = s.taker.Take(ctx, from, message)
	}
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		return s.bury(ctx, record, connector, refusal)
	}
	return taken, err
}

// bury sends a record to the dead-letter topic.
func (s *session) bury(ctx context.Context, record *kgo.Record, connector string, reason error) (result, error) {
	letter := deadLetter(s.settings.DeadLetterTopic, record, connector, reason.Error())
	err := s.client.ProduceSync(ctx, letter).FirstErr()
	if errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge) {
		err = s.client.ProduceSync(ctx, withoutValue(letter)).FirstErr()
	}
	if err != nil {
		return "", fmt.Errorf("it cannot be taken (%w), nor sent to the dead-letter topic %s: %w", reason, s.settings.DeadLetterTopic, err)
	}
	s.log.Warn("a control message is a dead letter", "connector", connector, "partition", record.Partition, "offset", record.Offset, "reason", reason)
	return deadLettered, nil
}
