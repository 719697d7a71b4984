package probe_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/twmb/franz-go/pkg/kmsg"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/secret"
)

// fakeBroker answers what a probe asks, as a broker would that is wrong in one thing; tests/probe has real ones.
type fakeBroker struct {
	// challenge answers a log-in; nil: there is none.
	challenge func(sent []byte) (answer []byte, code int16, message string)
	// brokers it says that there are beside itself.
	others []string
	// topics it has errors for.
	topics map[string]int16
}

func (b *fakeBroker) serve(_ context.Context, conn net.Conn) {
	for {
		size := make([]byte, 4)
		if _, err := io.ReadFull(conn, size); err != nil {
			return
		}
		sent := make([]byte, binary.BigEndian.Uint32(size))
		if _, err := io.ReadFull(conn, sent); err != nil {
			return
		}
		answer := b.answer(conn.LocalAddr().String(), sent)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// answer speaks version 0 or 1 of all requests but the first: their headers are short, and have no tags.
func (b *fakeBroker) answer(self string, sent []byte) []byte {
	key, version, correlation := int16(binary.BigEndian.Uint16(sent)), int16(binary.BigEndian.Uint16(sent[2:])), bytes.Clone(sent[4:8])
	client := int(binary.BigEndian.Uint16(sent[8:]))
	body := sent[10+client:]
	switch key {
	case kmsg.NewPtrApiVersionsRequest().Key():
		answer := kmsg.NewPtrApiVersionsResponse()
		answer.Version = version
		for key, version := range map[int16]int16{0: 0, 3: 1, 17: 1, 18: 4, 36: 0} {
			answer.ApiKeys = append(answer.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: key, MaxVersion: version})
		}
		return answer.AppendTo(correlation)
	case kmsg.NewPtrSASLHandshakeRequest().Key():
		answer := kmsg.NewPtrSASLHandshakeResponse()
		answer.Version, answer.SupportedMechanisms = 1, []string{"PLAIN"}
		return answer.AppendTo(correlation)
	case kmsg.NewPtrSASLAuthenticateRequest().Key():
		request, answer := kmsg.NewPtrSASLAuthenticateRequest(), kmsg.NewPtrSASLAuthenticateResponse()
		_ = request.ReadFrom(body)
		said, code, message := b.challenge(request.SASLAuthBytes)
		answer.SASLAuthBytes, answer.ErrorCode, answer.ErrorMessage = said, code, &message
		return answer.AppendTo(correlation)
	}
	return b.metadata(self).AppendTo(correlation)
}

func (b *fakeBroker) metadata(self string) *kmsg.MetadataResponse {
	answer := kmsg.NewPtrMetadataResponse()
	answer.Version = 1
	for i, address := range append([]string{self}, b.others...) {
		host, port, _ := net.SplitHostPort(address)
		number, _ := strconv.Atoi(port)
		answer.Brokers = append(answer.Brokers, kmsg.MetadataResponseBroker{NodeID: int32(i + 1), Host: host, Port: int32(number)})
	}
	for name, code := range b.topics {
		answer.Topics = append(answer.Topics, kmsg.MetadataResponseTopic{Topic: kmsg.StringPtr(name), ErrorCode: code})
	}
	return answer
}

// secrets are by name and key.
type secrets map[string]string

func (s secrets) Env(name string) (secret.Value, bool) { return secret.New(s[name]), s[name] != "" }

func (s secrets) Secret(name, key string) (secret.Value, error) {
	return secret.New(s[name+"/"+key]), nil
}

func ofKafka(address string, kind connection.CredentialsType) connection.Spec {
	return connection.Spec{KafkaCluster: &connection.KafkaClusterConfig{
		BootstrapServers: address,
		Credentials:      &connection.Credentials{Type: kind, Username: "me", Password: &connection.Reference{Env: "PASSWORD"}},
	}}
}

// A broker asks how often a password is to be hashed. One that asks for two thousand million times would have us work for
// half an hour, for each probe.
func TestBrokerDoesNotHaveUsHashForHours(t *testing.T) {
	t.Parallel()
	greedy := &fakeBroker{challenge: func(sent []byte) ([]byte, int16, string) {
		nonce := sent[len("n,,n=me,r="):]
		return append(append([]byte("r="), nonce...), "more,s=c2FsdA==,i=2147483647"...), 0, ""
	}}
	at := listen(t, greedy.serve)
	for _, kind := range []connection.CredentialsType{connection.ScramSHA256, connection.ScramSHA512} {
		result := ask(t, t.Context(), connection.PartKafkaCluster, ofKafka(at.address, kind), secrets{"PASSWORD": "secret"})
		assert.Equal(t, connection.Errors{connection.PhaseAuthenticate: {
			Message: at.address + ": it asks for the password to be hashed too often",
		}}, result.Errors)
		assert.False(t, result.Refused)
	}
}

// A broker gets a password in clear by PLAIN, and may repeat it.
func TestBrokerThatRepeatsThePasswordIsNotQuoted(t *testing.T) {
	t.Parallel()
	echo := &fakeBroker{challenge: func(sent []byte) ([]byte, int16, string) {
		return nil, 58, "not " + string(sent) + "\x1b[31m\n" + string(make([]byte, 20_000))
	}}
	at := listen(t, echo.serve)
	result := ask(t, t.Context(), connection.PartKafkaCluster, ofKafka(at.address, connection.Basic), secrets{"PASSWORD": "hunter22"})
	assert.True(t, result.Refused)
	says := result.Errors[connection.PhaseAuthenticate].Message
	assert.Contains(t, says, "does not accept the credentials")
	assert.NotContains(t, says, "hunter22")
	assert.NotContains(t, says, "\x1b")
	assert.LessOrEqual(t, len([]rune(says)), 300)
}

// The brokers that clients are sent to are looked at, too: a cluster that tells names which nobody knows is of no use.
func TestBrokersThatTheClusterNamesAreReached(t *testing.T) {
	t.Parallel()
	second := listen(t, new(fakeBroker).serve)
	broker := &fakeBroker{others: []string{second.address}}
	at := listen(t, broker.serve)
	result := ask(t, t.Context(), connection.PartKafkaCluster, askedOf(at.address, nil)[connection.PartKafkaCluster], nil)
	assert.True(t, result.OK)
	assert.Equal(t, map[string]string{"brokers": "2"}, result.Details)

	lost := &fakeBroker{others: []string{second.address, "kafka-2.does-not-exist.invalid:9092"}}
	at = listen(t, lost.serve)
	result = ask(t, t.Context(), connection.PartKafkaCluster, askedOf(at.address, nil)[connection.PartKafkaCluster], nil)
	assert.False(t, result.OK)
	assert.Empty(t, result.Details)
	says := result.Errors[connection.PhaseResolve].Message
	assert.Contains(t, says, "kafka-2.does-not-exist.invalid:9092: ")
	assert.Contains(t, says, "(the cluster names it as its broker 3)")
}

func TestTopicsThatMayNotBeDescribed(t *testing.T) {
	t.Parallel()
	at := listen(t, (&fakeBroker{topics: map[string]int16{"mine": 0, "theirs": 29, "gone": 3, "new": 5}}).serve)
	result := ask(t, t.Context(), connection.PartKafkaCluster, connection.Spec{KafkaCluster: &connection.KafkaClusterConfig{
		BootstrapServers: at.address, Topics: []string{"mine", "theirs", "gone", "new"},
	}}, nil)
	assert.Equal(t, connection.Errors{
		connection.PhaseAuthorize: {Message: "topic theirs: to describe it is not allowed"},
		connection.PhaseRequest:   {Message: "topic gone: there is none of this name"},
	}, result.Errors)
	assert.False(t, result.Refused)
}

// By OAUTHBEARER a broker says in a message of its own why it does not accept a token.
func TestBrokerSaysWhyATokenIsNotAccepted(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		`{"status":"invalid_token","scope":"all"}`: ": it does not accept the token: invalid_token",
		`{"status":"` + jwt(`{"sub":"me"}`) + `"}`: ": it does not accept the token: ***",
		`no JSON`: ": it does not accept the token",
	} {
		at := listen(t, (&fakeBroker{challenge: func([]byte) ([]byte, int16, string) { return []byte(said), 0, "" }}).serve)
		spec := ofKafka(at.address, connection.OAuthBearer)
		spec.KafkaCluster.Credentials = &connection.Credentials{Type: connection.OAuthBearer, Token: &connection.Reference{Env: "TOKEN"}}
		result := ask(t, t.Context(), connection.PartKafkaCluster, spec, secrets{"TOKEN": jwt(`{"sub":"me"}`)})
		assert.Equal(t, connection.Errors{connection.PhaseAuthenticate: {Message: at.address + want}}, result.Errors)
		assert.True(t, result.Refused)
	}
}
