package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

// peer gives a client that shows a certificate, or none, and takes any.
func peer(t testing.TB, shows ...tls.Certificate) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{Certificates: shows, InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// atWorkersDoor sends a request to the internal listener; 0 is no answer.
func (f *fixture) atWorkersDoor(t testing.TB, client *http.Client, who user, method, target, body string, headers ...string) int {
	t.Helper()
	request := f.request(t, who, method, target, body, headers...)
	request.URL.Scheme, request.URL.Host = "https", f.workersDoor(t)
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func (f *fixture) workersDoor(t testing.TB) string {
	t.Helper()
	status, err := f.control.Status(context.WithoutCancel(t.Context()))
	require.NoError(t, err)
	return status.Places.Internal
}

func withIdentity(t testing.TB, identity issued) change {
	return func(f *fixture) {
		pair := keyPairIn(t.TempDir())
		identity.put(t, pair)
		f.config.Internal = &gateway.Internal{Listen: "127.0.0.1:0", KeyPair: pair}
	}
}

var signature = []string{"X-Connect-Authorization", "c2ln", "X-Connect-Request-Signature-Algorithm", "HmacSHA256"}

func TestOnlyWhoHasTheIdentityComesInByTheWorkersDoor(t *testing.T) {
	t.Parallel()
	identity, certificate := issue(t, time.Hour), issue(t, time.Hour)
	f := start(t, says(200, `{}`), withIdentity(t, identity), withTLS(t, certificate, true))
	ours := peer(t, identity.pair)
	target := "/connectors/" + ofTwelve + "/tasks"

	assert.Equal(t, 200, f.atWorkersDoor(t, ours, anonymous, "POST", target, `[]`, signature...), "signed")
	assert.Equal(t, 200, f.atWorkersDoor(t, ours, f.twelve, "DELETE", "/connectors/"+ofTwelve, ""), "forwarded")
	assert.Equal(t, 404, f.atWorkersDoor(t, ours, f.one, "DELETE", "/connectors/"+ofTwelve, ""), "within reach only")
	assert.Equal(t, 401, f.atWorkersDoor(t, ours, anonymous, "GET", "/connectors", ""), "an account is still needed")
	f.taken()

	assert.Equal(t, 401, f.do(t, anonymous, "POST", target, `[]`, signature...).status, "not by the clients' door")
	for name, client := range map[string]*http.Client{
		"none": peer(t), "another": peer(t, issue(t, time.Hour).pair), "the clients'": peer(t, certificate.pair),
		"the identity without its key": peer(t, tls.Certificate{Certificate: identity.pair.Certificate, PrivateKey: certificate.pair.PrivateKey}),
	} {
		assert.Zero(t, f.atWorkersDoor(t, client, f.twelve, "GET", "/connectors", ""), name)
		assert.Zero(t, f.atWorkersDoor(t, client, anonymous, "POST", target, `[]`, signature...), name)
	}
	assert.Empty(t, f.taken())
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.workersDoor(t))
	require.NoError(t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	_, err = bufio.NewReader(connection).ReadByte()
	require.Error(t, err, "nothing without TLS")
}

func TestAnotherIdentityCutsOffWhoHasTheOldOne(t *testing.T) {
	t.Parallel()
	before, after := issue(t, time.Hour), issue(t, time.Hour)
	f := start(t, says(200, `{}`), withIdentity(t, before))
	old := peer(t, before.pair)
	require.Equal(t, 200, f.atWorkersDoor(t, old, f.one, "GET", "/connectors/a", ""))

	after.put(t, f.config.Internal.KeyPair)
	done, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"identity"}, done.Changed)

	assert.Equal(t, 403, f.atWorkersDoor(t, old, f.one, "GET", "/connectors/a", ""), "on a living connection")
	assert.Zero(t, f.atWorkersDoor(t, old, f.one, "GET", "/connectors/a", ""), "on a new one")
	assert.Equal(t, 200, f.atWorkersDoor(t, peer(t, after.pair), f.one, "GET", "/connectors/a", ""))
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, after.fingerprint, status.Identity.Fingerprint)
}

func TestWithoutAnIdentityTheWorkersDoorStaysShut(t *testing.T) {
	t.Parallel()
	for name, spoil := range badPairs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			identity := issue(t, time.Hour)
			f := start(t, says(200, `{}`), withIdentity(t, identity), func(f *fixture) { spoil(f.config.Internal.KeyPair) })
			assert.Zero(t, f.atWorkersDoor(t, peer(t, identity.pair), f.one, "GET", "/connectors", ""))
			assert.Equal(t, 401, f.do(t, anonymous, "POST", "/connectors/a/tasks", `[]`, signature...).status)
			assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors/a", "").status, "clients come in")
		})
	}
}
