package controltopic

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

const (
	watchInterval = 10 * time.Second // of what goes well
	againInterval = time.Second      // of what does not
	askPatience   = 5 * time.Second
)

var errSilent = errors.New("reach the brokers: they do not answer")

// watch looks whether brokers can be reached, and at the beginning makes topics that are missing and measures what is in them.
func (s *session) watch(ctx context.Context) {
	made := false
	for pause := time.Duration(0); sleep(ctx, pause); {
		s.vitals.asks()
		err := s.look(ctx, &made)
		if ctx.Err() != nil {
			return
		}
		s.vitals.reached(err)
		if pause = watchInterval; err != nil {
			s.log.Warn("Kafka is not as it has to be for control messages", "error", err)
			pause = againInterval
		}
	}
}

func (s *session) look(ctx context.Context, made *bool) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	if err := s.client.Ping(ctx); errors.Is(err, context.DeadlineExceeded) {
		return errSilent
	} else if err != nil {
		return fmt.Errorf("reach the brokers: %w", err)
	}
	admin := kadm.NewClient(s.client)
	if !*made {
		if err := s.makeTopics(ctx, admin); err != nil {
			return err
		}
		*made = true
	}
	if s.backlog.isMeasured() {
		return nil
	}
	goals, err := s.measure(ctx, admin)
	if err != nil {
		return fmt.Errorf("look how much there is to read: %w", err)
	}
	s.backlog.measured(goals)
	return nil
}

// makeTopics makes those of the topics that are not there, as the brokers make them by default.
func (s *session) makeTopics(ctx context.Context, admin *kadm.Client) error {
	wanted := []string{s.settings.DeadLetterTopic}
	if !s.names.each {
		wanted = append(wanted, s.names.topic)
	}
	found, err := admin.ListTopics(ctx, wanted...)
	if err != nil {
		return fmt.Errorf("look for the topics: %w", err)
	}
	for _, topic := range wanted {
		err := found[topic].Err
		if errors.Is(err, kerr.UnknownTopicOrPartition) {
			_, err = admin.CreateTopic(ctx, -1, -1, nil, topic)
			s.client.ForceMetadataRefresh()
		}
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("topic %s: %w", topic, err)
		}
	}
	return nil
}

// measure finds the offsets up to which there is something to read that the group has not read.
func (s *session) measure(ctx context.Context, admin *kadm.Client) (map[place]int64, error) {
	topics := []string{s.names.topic}
	if s.names.each {
		all, err := admin.ListTopics(ctx)
		if err != nil {
			return nil, err
		}
		topics = all.TopicsSet().Topics()
		wanted := regexp.MustCompile(s.names.pattern()) // of quoted text
		topics = matching(topics, wanted)
	}
	goals := map[place]int64{}
	if len(topics) == 0 {
		return goals, nil
	}
	ends, err := admin.ListCommittedOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	read, err := admin.FetchOffsets(ctx, s.settings.Group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // nobody has ever read
		return nil, err
	}
	ends.Each(func(end kadm.ListedOffset) {
		start, _ := starts.Lookup(end.Topic, end.Partition)
		committed, _ := read.Lookup(end.Topic, end.Partition)
		if end.Offset > max(start.Offset, committed.At) {
			goals[place{end.Topic, end.Partition}] = end.Offset
		}
	})
	return goals, nil
}

func matching(topics []string, wanted *regexp.Regexp) (found []string) {
	for _, topic := range topics {
		if wanted.MatchString(topic) {
			found = append(found, topic)
		}
	}
	return found
}
