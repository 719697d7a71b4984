package controltopic

import (
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Headers of dead letters: Kafka Connect's own, where they mean the same as there.
const (
	headerPrefix    = "__connect.errors."
	headerTopic     = headerPrefix + "topic"
	headerPartition = headerPrefix + "partition"
	headerOffset    = headerPrefix + "offset"
	headerConnector = headerPrefix + "connector.name" // whose message it is; not there where nobody knows
	headerReason    = headerPrefix + "exception.message"
	// headerCut is there where the value was too long for the topic, and was left out: it is where topic, partition and offset say.
	headerCut = "connect.manager.value.omitted"
)

// longestReason is how much is said of why, in bytes.
const longestReason = 4 << 10

// deadLetter is what goes to the dead-letter topic for a record: all of it, and where it was and why it could not be taken. What such
// headers said before is replaced: it was a dead letter that somebody has sent again.
func deadLetter(topic string, record *kgo.Record, connector, reason string) *kgo.Record {
	letter := &kgo.Record{Topic: topic, Key: record.Key, Value: record.Value}
	for _, header := range record.Headers {
		if !strings.HasPrefix(header.Key, headerPrefix) && header.Key != headerCut {
			letter.Headers = append(letter.Headers, header)
		}
	}
	say := func(key, value string) {
		letter.Headers = append(letter.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
	}
	say(headerTopic, record.Topic)
	say(headerPartition, strconv.Itoa(int(record.Partition)))
	say(headerOffset, strconv.FormatInt(record.Offset, 10))
	if connector != "" {
		say(headerConnector, connector)
	}
	say(headerReason, strings.ToValidUTF8(reason[:min(len(reason), longestReason)], ""))
	return letter
}

// withoutValue is the same letter for a topic that does not take it whole.
func withoutValue(letter *kgo.Record) *kgo.Record {
	return &kgo.Record{
		Topic: letter.Topic, Key: letter.Key,
		Headers: append(letter.Headers, kgo.RecordHeader{Key: headerCut, Value: []byte(strconv.Itoa(len(letter.Value)))}),
	}
}
