package controltopic

import (
	"errors"
	"regexp"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/integrator-charm/internal/settings"
)

// naming says whose a record is: the topic's name has the connector's in it, or else the record's key is that name.
type naming struct {
	topic         string
	before, after string // of the connector's name, in a topic's
	each          bool   // there is a topic for each connector
}

func newNaming(topic string) naming {
	before, after, each := strings.Cut(topic, settings.ConnectorInTopic)
	return naming{topic: topic, before: before, after: after, each: each}
}

// pattern is the regular expression of the topics to read.
func (n naming) pattern() string {
	if !n.each {
		return "^" + regexp.QuoteMeta(n.topic) + "$"
	}
	return "^" + regexp.QuoteMeta(n.before) + ".+" + regexp.QuoteMeta(n.after) + "$"
}

var errNoKey = errors.New("the record has no key: it has to be the connector's name")

// connector is the name of the connector that a record is from.
func (n naming) connector(record *kgo.Record) (string, error) {
	if n.each {
		return strings.TrimSuffix(strings.TrimPrefix(record.Topic, n.before), n.after), nil
	}
	if len(record.Key) == 0 {
		return "", errNoKey
	}
	return string(record.Key), nil
}
