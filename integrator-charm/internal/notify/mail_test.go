package notify_test

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/notify"
)

func text(t *testing.T, letter *mail.Message) string {
	t.Helper()
	require.Equal(t, "quoted-printable", letter.Header.Get("Content-Transfer-Encoding"))
	body, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
	require.NoError(t, err)
	return strings.ReplaceAll(string(body), "\r\n", "\n")
}

func subject(t *testing.T, letter *mail.Message) string {
	t.Helper()
	decoded, err := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
	require.NoError(t, err)
	return decoded
}

func TestMailGoesOutOverTLSWithAPassword(t *testing.T) {
	t.Parallel()
	server := newMailServer(t)
	for tls, address := range map[string]string{notify.StartTLS: server.starttls, notify.TLS: server.tls} {
		d := newDesk(t, server.config(t, address, tls, mailPassword))
		d.run()
		d.know(notify.Subject{Connector: "orders", Team: "streams", Email: "Ada <" + tls + "@example.org>"})
		d.observe(ill("orders"))
		d.settled()
	}
	letters := server.await(t, 2)
	for _, letter := range letters {
		assert.Equal(t, "east: orders has failed", subject(t, letter))
		assert.Equal(t, `"Connect Manager" <manager@example.org>`, letter.Header.Get("From"))
		assert.Equal(t, "auto-generated", letter.Header.Get("Auto-Submitted"))
		assert.Contains(t, letter.Header.Get("Content-Type"), "text/plain")
		assert.Equal(t, "<"+letter.Header.Get(notify.IdempotencyHeader)+"@connect-manager>", letter.Header.Get("Message-Id"))
		assert.Contains(t, text(t, letter), "java.lang.Boom\n  \tat x")
	}
	assert.NotEqual(t, letters[0].Header.Get("Envelope-To"), letters[1].Header.Get("Envelope-To"))
}

func TestNamesAndTracesAreNoHeaders(t *testing.T) {
	t.Parallel()
	server := newMailServer(t)
	d := newDesk(t, server.config(t, server.starttls, notify.StartTLS, mailPassword))
	d.run()
	hostile := "a\r\nBcc: eve@example.org\r\n\r\nhello\x1b[31m\u202eö"
	d.know(notify.Subject{Connector: hostile, Team: "x\r\nBcc: eve@example.org", Email: "ada@example.org"})
	seen := ill(hostile)
	seen.Trace = strings.Repeat("\r\n.\r\nQUIT\r\nBcc: eve@example.org ü", 1000)
	d.observe(seen)
	d.settled()
	letter := server.await(t, 1)[0]
	assert.Equal(t, "east: a Bcc: eve@example.org hello[31mö has failed", subject(t, letter))
	assert.Empty(t, letter.Header.Get("Bcc"))
	assert.Equal(t, "<ada@example.org>", letter.Header.Get("To"))
	body := text(t, letter)
	assert.Contains(t, body, "\n  .\n  QUIT\n", "a dot alone does not end the letter")
	assert.Less(t, len(body), 4096, "a trace is cut")
	assert.NotContains(t, body, "\x1b")
}

func TestWhatTheServerRefusesForGoodIsGivenUpAndWhatItPutsOffIsNot(t *testing.T) {
	t.Parallel()
	server := newMailServer(t)
	d := newDesk(t, server.config(t, server.starttls, notify.StartTLS, mailPassword))
	d.run()
	d.know(notify.Subject{Connector: "a", Email: "gone@example.org, later@example.org, ada@example.org"})
	d.observe(ill("a"))
	server.await(t, 1)
	receivers := map[string]struct {
		givenUp, waiting int
		err              string
	}{}
	require.Eventually(t, func() bool {
		all, err := d.Receivers(t.Context())
		require.NoError(t, err)
		for _, one := range all {
			r := receivers[one.Name]
			r.givenUp, r.waiting, r.err = one.GivenUp, one.Waiting, one.Error
			receivers[one.Name] = r
		}
		return receivers["email gone@example.org"].givenUp == 1 && receivers["email later@example.org"].err != ""
	}, patience, 10*time.Millisecond)
	assert.Contains(t, receivers["email gone@example.org"].err, "nobody of this name")
	assert.Equal(t, 1, receivers["email later@example.org"].waiting)
	assert.Empty(t, receivers["email ada@example.org"].err)
}

func TestAWrongPasswordOrCertificateIsNoFaultOfTheReceiver(t *testing.T) {
	t.Parallel()
	server := newMailServer(t)
	for name, test := range map[string]struct{ config, message string }{
		"password": {server.config(t, server.starttls, notify.StartTLS, "wrong-4711"), "535"},
		"certificate": {
			strings.ReplaceAll(server.config(t, server.starttls, notify.StartTLS, mailPassword), ", ca-file: "+server.caFile, ""), "certificate",
		},
		"plain text where TLS is wanted": {server.config(t, server.starttls, notify.TLS, mailPassword), "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, test.config)
			d.run()
			d.know(notify.Subject{Connector: "a", Email: "ada@example.org"})
			d.observe(ill("a"))
			require.Eventually(t, func() bool {
				outbox, err := d.store.Outbox(t.Context())
				require.NoError(t, err)
				return len(outbox) == 1 && outbox[0].Attempts > 6
			}, patience, 10*time.Millisecond)
			receivers, err := d.Receivers(t.Context())
			require.NoError(t, err)
			assert.Zero(t, receivers[0].GivenUp)
			assert.Contains(t, receivers[0].Error, test.message)
			assert.NotContains(t, d.log.String(), "wrong-4711")
			assert.NotContains(t, d.log.String(), "hunter2")
		})
	}
}

// A server that says nothing, or breaks off, is asked again; and does not outlive the manager.
func TestAMailServerThatHangsIsLeft(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	accepted := make(chan net.Conn, 100)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- connection
		}
	}()
	d := newDesk(t, quick+"smtp: {address: \""+listener.Addr().String()+"\", from: a@example.org}")
	stop := d.run()
	d.know(notify.Subject{Connector: "a", Email: "ada@example.org"})
	d.observe(ill("a"))
	first := <-accepted
	require.NoError(t, first.Close())
	second := <-accepted // hangs
	ended := make(chan struct{})
	go func() { stop(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("the attempt goes on after the manager's end")
	}
	require.NoError(t, second.Close())
	<-ended
}
