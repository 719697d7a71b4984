package brokers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/secret"
)

// TestTheLoginIsThatOfTheStandard goes through the example of RFC 7677, section 3.
func TestTheLoginIsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	exchange := newSCRAM(Access{Mechanism: SCRAM256, Username: "user", Password: secret.New("pencil")})
	exchange.nonce = "rOprNGfwEbeRWgbNEkqO"
	say, done, err := exchange.step(nil)
	require.NoError(t, err)
	assert.False(t, done)
	assert.Equal(t, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", string(say))
	say, done, err = exchange.step([]byte("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
	require.NoError(t, err)
	assert.False(t, done)
	assert.Equal(t, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", string(say))
	_, done, err = exchange.step([]byte("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
	require.NoError(t, err)
	assert.True(t, done)
}

func TestAServerThatIsNotKafkaIsFoundOut(t *testing.T) {
	t.Parallel()
	for name, challenge := range map[string]string{
		"another nonce":    "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"no salt":          "r=n1,i=4096",
		"endless work":     "r=n1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000000000",
		"hardly any work":  "r=n1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
		"no number at all": "r=n1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=",
	} {
		exchange := &scram{access: Access{Password: secret.New("p")}, hash: newSCRAM(Access{}).hash, nonce: "n", turn: 1}
		_, _, err := exchange.step([]byte(challenge))
		if name == "no salt" {
			continue // an empty salt is a salt
		}
		assert.EqualError(t, err, "the server's challenge is not one of SCRAM", name)
	}
	exchange := &scram{turn: 2, verify: []byte("x")}
	_, _, err := exchange.step([]byte("v=AAAA"))
	assert.ErrorContains(t, err, "it is not Kafka that answers")
}

// answering serves each connection once with a function, until the test ends.
func answering(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { defer connection.Close(); serve(connection) }()
		}
	}()
	return listener.Addr().String()
}

// request reads one request away.
func request(connection net.Conn) {
	var size [4]byte
	if _, err := io.ReadFull(connection, size[:]); err == nil {
		_, _ = io.CopyN(io.Discard, connection, int64(binary.BigEndian.Uint32(size[:])))
	}
}

func TestWhyNoBrokerIsReached(t *testing.T) {
	t.Parallel()
	closes := answering(t, request)
	hangsUp := answering(t, func(net.Conn) {})
	web := answering(t, func(c net.Conn) { request(c); _, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) })
	for _, c := range []struct {
		access Access
		want   string
		phase  connection.Phase
		passes bool
	}{
		{Access{Servers: []string{"no-such-host.invalid:9092"}}, "no-such-host.invalid", connection.PhaseResolve, true},
		{Access{Servers: []string{"127.0.0.1:1"}}, "no Kafka broker answers at 127.0.0.1:1: connect: connection refused", connection.PhaseConnect, true},
		{Access{Servers: []string{closes}}, "it closes the connection, as one does that wants TLS or a login", connection.PhaseRequest, true},
		{Access{Servers: []string{web}}, "it does not answer as Kafka does", connection.PhaseRequest, true},
		{Access{Servers: []string{hangsUp}, TLS: true}, "it speaks no TLS", connection.PhaseTLS, false},
		{Access{Servers: []string{hangsUp}, Mechanism: Plain, Username: "u", Password: secret.New("hunter2")}, "it closes the connection", connection.PhaseAuthenticate, true},
	} {
		err := c.access.Reach(t.Context())
		require.ErrorContains(t, err, c.want)
		outcome := Outcome(err)
		assert.False(t, outcome.OK || outcome.Refused, c.want)
		assert.Equal(t, connection.Errors{c.phase: {Message: err.Error(), IsTransient: c.passes}}, outcome.Errors)
	}
}

func TestAnyServerWillDo(t *testing.T) {
	t.Parallel()
	kafka := answering(t, func(c net.Conn) { request(c); _, _ = c.Write([]byte{0, 0, 0, 4, 0, 0, 0, 1}) })
	require.NoError(t, Access{Servers: []string{"127.0.0.1:1", kafka}}.Reach(t.Context()))
}

func TestARefusedLoginIsNotNoBroker(t *testing.T) {
	t.Parallel()
	unsupported := binary.BigEndian.AppendUint16([]byte{0, 0, 0, 1}, 33)
	unsupported = appendString(binary.BigEndian.AppendUint32(unsupported, 1), "PLAIN")
	kafka := answering(t, func(c net.Conn) { request(c); _, _ = c.Write(appendBytes(nil, unsupported)) })
	err := Access{Servers: []string{kafka}, Mechanism: SCRAM512, Username: "alice", Password: secret.New("p")}.Reach(t.Context())
	refused, is := errors.AsType[*RefusedError](err)
	require.True(t, is, "%v", err)
	assert.Equal(t, "Kafka at "+kafka+" refuses the user alice: no SCRAM-SHA-512 here, only PLAIN", refused.Error())
	outcome := Outcome(fmt.Errorf("ask: %w", err))
	assert.True(t, outcome.Refused)
	assert.Equal(t, connection.Errors{connection.PhaseAuthenticate: {Message: refused.Error()}}, outcome.Errors)
	assert.True(t, Outcome(protocolError("describe the group", 15, "")).OK, "whom it answers so it has let in")
}

func FuzzAnyAnswerCanBeRead(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 'g', 0, 0, 0, 7, 'c', 'o', 'n', 'n', 'e', 'c', 't'})
	f.Fuzz(func(_ *testing.T, answer []byte) {
		_, _ = readMembers(&reader{rest: answer})
		_ = advertised(answer)
	})
}

// Whatever a server says in a login, it comes to an end soon, and no error shows the password.
func FuzzChallenge(f *testing.F) {
	for _, said := range []string{"r=n1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=n1,s=,i=4096", "r=n,i=-1", "i=", ",,,=", "v=AAAA", ""} {
		f.Add([]byte(said))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		exchange := &scram{access: Access{Password: secret.New("hunter22")}, hash: newSCRAM(Access{}).hash, nonce: "n", turn: 1}
		for range 2 {
			_, _, err := exchange.step(said)
			if err != nil && !strings.Contains(string(said), "hunter22") {
				assert.NotContains(t, err.Error(), "hunter22")
			}
		}
	})
}
