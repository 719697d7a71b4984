package manager_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/kafka"
)

// spoken is a control message that sets batch.size.
func spoken(topic, key, size string, emitted time.Time) *kgo.Record {
	return &kgo.Record{Topic: topic, Key: []byte(key), Value: fmt.Appendf(nil,
		`{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":%d,"connectorConfig":{"config":{"batch.size":%s}}}}`, emitted.UnixMilli(), size)}
}

// kafkaClient is one that may do everything, or that of an account.
func (h *house) kafkaClient(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(h.broker.Bootstrap()), kgo.MetadataMinAge(50 * time.Millisecond),
		kgo.UnknownTopicRetries(-1), // a broker may know of a new topic a moment later
	}, options...)...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// account makes one, which may do what rules say, and gives a client that logs in with it.
func (h *house) account(t *testing.T, name string, rules ...*kadm.ACLBuilder) *kgo.Client {
	t.Helper()
	require.NoError(t, h.broker.SetUser(t.Context(), name, "password of "+name))
	admin := kadm.NewClient(h.kafkaClient(t))
	for _, rule := range rules {
		rule.Allow("User:" + name).AllowHosts("*")
		made, err := admin.CreateACLs(t.Context(), rule)
		require.NoError(t, err)
		for _, one := range made {
			require.NoError(t, one.Err)
		}
		require.Eventually(t, func() bool { // the broker learns of it from the controller
			found, err := admin.DescribeACLs(t.Context(), rule)
			return err == nil && !slices.ContainsFunc(found, func(one kadm.DescribeACLsResult) bool { return len(one.Described) == 0 })
		}, patience, 50*time.Millisecond, "what %s may do is in force", name)
	}
	trusted := x509.NewCertPool()
	require.True(t, trusted.AppendCertsFromPEM([]byte(h.authority.PEM())))
	return h.kafkaClient(t, kgo.SeedBrokers(h.broker.At(kafka.SASLSSL)), kgo.DialTLSConfig(&tls.Config{RootCAs: trusted}),
		kgo.SASL(scram.Auth{User: name, Pass: "password of " + name}.AsSha512Mechanism()))
}

func mayWrite(topic string) *kadm.ACLBuilder {
	return kadm.NewACLs().Topics(topic).ResourcePatternType(kadm.ACLPatternLiteral).Operations(kadm.OpWrite)
}

// overlayVersion is how many changes of a connector are kept.
func (s *stage) overlayVersion(name string) int {
	s.t.Helper()
	return get[struct{ Version int }](s, "/api/v1/overlays/"+name).Version
}

// batchSize is what a connector in Kafka Connect has; empty where it is not there yet.
func (s *stage) batchSize(name string) string {
	s.t.Helper()
	config, err := s.client().Config(s.t.Context(), name)
	if err != nil {
		require.ErrorIs(s.t, err, connect.ErrNotFound)
	}
	return config["batch.size"]
}

func anAccountSpeaksForItsConnectorAlone(t *testing.T, h *house) {
	s, all := h.stage(t), h.kafkaClient(t)
	admin := kadm.NewClient(all)
	_, err := admin.CreateTopics(t.Context(), 1, 1, nil, "speak.speaker", "speak.neighbour")
	require.NoError(t, err)
	prefixed, literal := kadm.ACLPatternPrefixed, kadm.ACLPatternLiteral
	h.account(t, "speak-manager",
		kadm.NewACLs().Topics("speak.").ResourcePatternType(prefixed).Operations(kadm.OpRead, kadm.OpDescribe),
		kadm.NewACLs().Groups("speak").ResourcePatternType(literal).Operations(kadm.OpRead, kadm.OpDescribe),
		kadm.NewACLs().Topics("speak-dead-letters").ResourcePatternType(literal).Operations(kadm.OpWrite, kadm.OpDescribe, kadm.OpCreate))
	speaker := h.account(t, "speaker", mayWrite("speak.speaker"))
	s.write("state.yaml", "manager: speak\nconnectors:\n"+source("speaker", "/nonexistent")+source("neighbour", "/nonexistent")+source("late", "/nonexistent"))
	s.write("ca.pem", h.authority.PEM())
	s.write("control.password", "not it")
	control := fmt.Sprintf("interval: 1h\n  control: {brokers: ['%s'], topic: 'speak.{connector}', group: speak, dead-letter-topic: speak-dead-letters, "+
		"username: speak-manager, password-file: control.password, tls: true, ca-file: ca.pem}", h.broker.At(kafka.SASLSSL))
	contexts := "main: {endpoints: ['" + s.worker.URL() + "'], state: state.yaml}"
	s.configure(control, contexts)
	s.begin()

	s.until("it is said why nothing is read", func() bool { return strings.Contains(s.log.String(), "SASL_AUTHENTICATION_FAILED") })
	s.write("control.password", "password of speak-manager\n") // and nobody tells the daemon
	s.until("the brokers let it in", func() bool {
		_, metrics := s.ask(http.MethodGet, "/metrics")
		return strings.Contains(metrics, "connect_manager_control_up 1")
	})
	now := time.Now()
	require.NoError(t, speaker.ProduceSync(t.Context(), spoken("speak.speaker", "neighbour", "11", now)).FirstErr())
	s.until("the connector has what it said", func() bool { return s.batchSize("speaker") == "11" })

	t.Log("its account cannot speak for another, whatever key it writes")
	require.ErrorIs(t, speaker.ProduceSync(t.Context(), spoken("speak.neighbour", "neighbour", "666", now)).FirstErr(), kerr.TopicAuthorizationFailed)
	assert.Zero(t, s.overlayVersion("neighbour"))

	t.Log("one that does not conform: the connector is stopped until one does, and the message is a dead letter")
	require.NoError(t, speaker.ProduceSync(t.Context(), spoken("speak.speaker", "", `"many"`, now.Add(time.Second))).FirstErr())
	s.until("it is stopped", func() bool { return s.connector("speaker", "").State == "STOPPED" })
	letter := h.firstRecord(t, "speak-dead-letters")
	assert.Contains(t, string(letter.Value), `"many"`)
	headers := map[string]string{}
	for _, header := range letter.Headers {
		headers[header.Key] = string(header.Value)
	}
	assert.Equal(t, "speak.speaker", headers["__connect.errors.topic"])
	assert.Equal(t, "1", headers["__connect.errors.offset"])
	assert.Equal(t, "speaker", headers["__connect.errors.connector.name"])
	assert.Contains(t, headers["__connect.errors.exception.message"], "batch.size")
	require.NoError(t, speaker.ProduceSync(t.Context(), spoken("speak.speaker", "", "12", now.Add(2*time.Second))).FirstErr())
	s.until("it runs", func() bool { return s.connector("speaker", "").State == "RUNNING" && s.batchSize("speaker") == "12" })

	t.Log("what is said in a transaction that is aborted was not said")
	speaking := h.kafkaClient(t, kgo.TransactionalID("speak"))
	for i, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		require.NoError(t, speaking.BeginTransaction())
		require.NoError(t, speaking.ProduceSync(t.Context(), spoken("speak.speaker", "", fmt.Sprint(20+i), now.Add(time.Duration(3+i)*time.Second))).FirstErr())
		require.NoError(t, speaking.EndTransaction(t.Context(), end))
	}
	version := s.overlayVersion("speaker")
	s.until("the connector has it", func() bool { return s.batchSize("speaker") == "21" })
	assert.LessOrEqual(t, s.overlayVersion("speaker"), version+1)

	t.Log("a topic may come later")
	_, err = admin.CreateTopic(t.Context(), 1, 1, nil, "speak.late")
	require.NoError(t, err)
	require.NoError(t, all.ProduceSync(t.Context(), spoken("speak.late", "", "31", now)).FirstErr())
	s.until("the connector has it", func() bool { return s.batchSize("late") == "31" })

	t.Log("a standby leaves the group")
	s.configure("active: false\n  "+control, contexts)
	require.NoError(t, s.serve.Process.Signal(syscall.SIGHUP))
	s.until("nobody is in the group", func() bool { return len(s.members(admin, "speak")) == 0 })
	assert.NotContains(t, s.log.String(), "password of")
}

// firstRecord waits for a topic's first record.
func (h *house) firstRecord(t *testing.T, topic string) *kgo.Record {
	t.Helper()
	client := h.kafkaClient(t, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		if records := client.PollFetches(ctx).Records(); len(records) > 0 {
			return records[0]
		}
	}
	require.NoError(t, ctx.Err(), "nothing is in %s", topic)
	return nil
}

// members are the names of who is in a group.
func (s *stage) members(admin *kadm.Client, group string) (names []string) {
	s.t.Helper()
	groups, err := admin.DescribeGroups(s.t.Context(), group)
	require.NoError(s.t, err)
	for _, member := range groups[group].Members {
		if member.InstanceID != nil {
			names = append(names, *member.InstanceID)
		}
	}
	return names
}

// Each message is taken once, whenever the daemon is killed; and whoever comes back is the member that it was.
func theTopicOutlastsAKill(t *testing.T, h *house) {
	s, all := h.stage(t), h.kafkaClient(t)
	admin := kadm.NewClient(all)
	_, err := admin.CreateTopics(t.Context(), 1, 1, nil, "outlast", "outlast-dead-letters")
	require.NoError(t, err)
	s.write("state.yaml", "manager: outlast\nconnectors:\n"+source("outlasting", "/nonexistent")+source("other", "/nonexistent"))
	s.configure(fmt.Sprintf("interval: 1h\n  control: {brokers: ['%s'], topic: outlast, group: outlast, dead-letter-topic: outlast-dead-letters}",
		h.broker.Bootstrap()), "main: {endpoints: ['"+s.worker.URL()+"'], state: state.yaml}")
	s.begin()
	s.until("it is a member", func() bool { return len(s.members(admin, "outlast")) == 1 })
	member := s.members(admin, "outlast")
	const number, kills = 60, 3
	began := time.Now().Add(-time.Hour)
	for i := 1; i <= number; i++ {
		at := began.Add(time.Duration(i) * time.Second)
		require.NoError(t, all.ProduceSync(t.Context(), spoken("outlast", "outlasting", fmt.Sprint(i), at), spoken("outlast", "other", fmt.Sprint(i), at)).FirstErr())
		if i%(number/(kills+1)) == 0 && i < number {
			s.until("some are taken", func() bool { return s.overlayVersion("outlasting") > i/2 })
			require.NoError(t, s.serve.Process.Kill())
			_ = s.serve.Wait()
			s.begin()
		}
	}
	for _, name := range []string{"outlasting", "other"} {
		s.until("the connector has what it said last", func() bool { return s.batchSize(name) == fmt.Sprint(number) })
		assert.Equal(t, number, s.overlayVersion(name), "each counts once")
	}
	assert.Equal(t, member, s.members(admin, "outlast"))
	s.until("all is committed", func() bool {
		offsets, err := admin.FetchOffsets(t.Context(), "outlast")
		require.NoError(t, err)
		at, _ := offsets.Lookup("outlast", 0)
		return at.At == 2*number
	})
}
