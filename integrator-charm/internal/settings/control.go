package settings

import (
	"net"
	"regexp"
	"slices"
	"strings"
)

// Control is the topic of Kafka from which connectors' control messages are read.
type Control struct {
	// Brokers are some of the cluster's, host:port.
	Brokers []string `yaml:"brokers"`
	// Topic is one topic, whose records' keys name connectors; or, with {connector} in it, a topic for each connector, so that the
	// brokers' ACLs say who may write for which.
	Topic string `yaml:"topic,omitempty"`
	Group string `yaml:"group,omitempty"`
	// DeadLetterTopic has what can never be taken.
	DeadLetterTopic string `yaml:"dead-letter-topic,omitempty"`

	Username     string `yaml:"username,omitempty"`
	PasswordFile string `yaml:"password-file,omitempty"`
	Mechanism    string `yaml:"mechanism,omitempty"`
	TLS          bool   `yaml:"tls,omitempty"`
	// CAFile is the chain (PEM) that brokers are verified by. Empty: what the system trusts.
	CAFile string `yaml:"ca-file,omitempty"`

	// Context is the cluster whose connectors these are. Empty: of those that are served, the one that has the connector.
	Context string `yaml:"context,omitempty"`
}

// ConnectorInTopic stands for the connector's name in Control.Topic.
const ConnectorInTopic = "{connector}"

// The mechanisms of logging in.
const (
	ScramSHA512 = "SCRAM-SHA-512"
	ScramSHA256 = "SCRAM-SHA-256"
	Plain       = "PLAIN"
)

// What Control has where the file says nothing.
const (
	DefaultControlTopic      = "connect-control"
	DefaultControlGroup      = "connect-manager"
	DefaultControlDeadLetter = "connect-control-dead-letters"
)

func (c *Control) fillIn() {
	for setting, usual := range map[*string]string{
		&c.Topic: DefaultControlTopic, &c.Group: DefaultControlGroup, &c.DeadLetterTopic: DefaultControlDeadLetter,
	} {
		if *setting == "" {
			*setting = usual
		}
	}
	if c.Mechanism == "" && c.Username != "" {
		c.Mechanism = ScramSHA512
	}
}

// topicName is what Kafka takes for the name of a topic.
var topicName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

func (c *checker) control(at path, control Control, s *Settings) {
	control.fillIn()
	if len(control.Brokers) == 0 {
		c.add(at, "there are no brokers: want some of the cluster's, host:port")
	}
	for i, broker := range control.Brokers {
		if !isHostPort(broker) {
			c.add(at.to("brokers", i), "want host:port")
		}
	}
	before, after, each := strings.Cut(control.Topic, ConnectorInTopic)
	switch {
	case !topicName.MatchString(before + "x" + after):
		c.add(at.to("topic"), "want a topic's name; %s may stand in it for the connector's", ConnectorInTopic)
	case each && before+after == "":
		c.add(at.to("topic"), "want more than %s: it would be every topic there is", ConnectorInTopic)
	}
	letters := control.DeadLetterTopic
	switch {
	case !topicName.MatchString(letters):
		c.add(at.to("dead-letter-topic"), "want a topic's name")
	case !each && letters == control.Topic,
		each && before+after != "" && len(letters) > len(before+after) && strings.HasPrefix(letters, before) && strings.HasSuffix(letters, after):
		c.add(at.to("dead-letter-topic"), "it is one of the topics that are read: want another one")
	}
	if _, is := s.Contexts[control.Context]; control.Context != "" && !is {
		c.add(at.to("context"), "there is no context of this name")
	}
	c.login(at, control)
}

// login checks how one gets in. A password goes in clear over no line that others can hear.
func (c *checker) login(at path, control Control) {
	switch {
	case control.Username == "" && control.PasswordFile != "":
		c.add(at.to("password-file"), "whose password? There is no username")
	case control.Username != "" && control.PasswordFile == "":
		c.add(at.to("username"), "there is no password-file")
	}
	if !slices.Contains([]string{"", ScramSHA512, ScramSHA256, Plain}, control.Mechanism) {
		c.add(at.to("mechanism"), "want %s, %s or %s", ScramSHA512, ScramSHA256, Plain)
	}
	if control.Mechanism == Plain && !control.TLS && slices.ContainsFunc(control.Brokers, isElsewhere) {
		c.add(at.to("mechanism"), "%s without tls would send the password in clear: want tls: true, or another mechanism", Plain)
	}
	if control.CAFile != "" && !control.TLS {
		c.add(at.to("ca-file"), "want tls: true with it")
	}
}

// isElsewhere says whether a broker is not on this machine.
func isElsewhere(broker string) bool {
	host, _, _ := net.SplitHostPort(broker)
	address := net.ParseIP(host)
	return host != "localhost" && (address == nil || !address.IsLoopback())
}
