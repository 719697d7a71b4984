package probe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/sasl/oauth"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/probe"
)

// Whatever a token says of its end, the status can be written down.
func FuzzTokens(f *testing.F) {
	for _, payload := range []string{`{"exp":1800000000}`, `{"exp":1e300}`, `{"exp":-1}`, `{"exp":253402300799}`, `{"exp":253402300799.9}`, `{"exp":"x"}`, `[]`, ``} {
		f.Add(jwt(payload))
	}
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		_, err := json.Marshal(connection.PartStatus{RequiresAuthenticationAt: probe.EndOf(token)})
		require.NoError(t, err)
	})
}

// Whatever a broker says at a log-in by a token, it is refused or answered, and does not make an error that shows the token.
func FuzzLogIns(f *testing.F) {
	for _, said := range []string{`{"status":"invalid_token"}`, `{"status":1}`, "", "\x00", "i=-1"} {
		f.Add([]byte(said))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		session, _, err := oauth.Auth{Token: "hunter22"}.AsMechanism().Authenticate(t.Context(), "")
		require.NoError(t, err)
		if err := probe.Heard(session, said); err != nil && !bytes.Contains(said, []byte("hunter22")) {
			assert.NotContains(t, err.Error(), "hunter22")
		}
	})
}

// Whatever a server answers, a probe of any kind comes to an end, and tells one line of bounded length without our secrets.
func FuzzAnswers(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\n\r\n{\"version\":\"4.3.1\"}", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "HTTP/1.1 401 No\r\n\r\n{\"message\":\"no\"}",
		"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n", "HTTP/1.1 500 X\r\n\r\n{\"errors\":[{}],\"error\":{}}", "\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00", "\xff\xff\xff\xff", "",
	} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		at := listen(t, func(_ context.Context, conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1024))
			_, _ = conn.Write(answer)
		})
		for part, spec := range askedOf(at.address, nil) {
			result := probe.Probe(t.Context(), part, spec, nil)
			assert.Equal(t, result.OK, len(result.Errors) == 0)
			for phase, one := range result.Errors {
				assert.Contains(t, connection.Phases, phase)
				assert.NotEmpty(t, one.Message)
				assert.LessOrEqual(t, len([]rune(one.Message)), 300)
				assert.False(t, strings.ContainsFunc(one.Message, unicode.IsControl), "%q", one.Message)
			}
		}
	})
}
