package connect_test

import (
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/secret"
)

// tooLong is a back-off that outlasts every deadline: calls end at the first wait.
func tooLong(int) time.Duration { return 24 * time.Hour }

func TestBadConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		config connect.Config
		want   string
	}{
		{"no endpoint", connect.Config{}, "no Kafka Connect endpoint"},
		{"empty endpoint", connect.Config{Endpoints: []string{"http://a", ""}}, "endpoint 2 of 2: must begin with http"},
		{"no scheme", connect.Config{Endpoints: []string{"10.0.0.1:8083"}}, "endpoint 1 of 1: is not a URL"},
		{"other scheme", connect.Config{Endpoints: []string{"ftp://a"}}, "must begin with http"},
		{"no host", connect.Config{Endpoints: []string{"http://:8083"}}, "names no host"},
		{"user", connect.Config{Endpoints: []string{"http://u:hunter2@a"}}, "must not carry a user"},
		{"query", connect.Config{Endpoints: []string{"http://a?hunter2"}}, "query or a fragment"},
		{"fragment", connect.Config{Endpoints: []string{"http://a#hunter2"}}, "query or a fragment"},
		{"two schemes", connect.Config{Endpoints: []string{"http://a", "https://b"}}, "use one scheme"},
		{"CA not PEM", connect.Config{Endpoints: []string{"https://a"}, CA: []byte("hunter2")}, "no certificate in it"},
		{"colon in the username", connect.Config{Endpoints: []string{"https://a"}, Username: "a:b", Password: secret.New("hunter2")}, "colon"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := connect.New(c.config)
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func startTLSWorker(t *testing.T) (url string, ca []byte, asked *worker) {
	t.Helper()
	asked = &worker{answers: []http.HandlerFunc{says(200, `["a"]`)}}
	asked.Server = httptest.NewTLSServer(asked)
	t.Cleanup(asked.Close)
	return asked.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: asked.Certificate().Raw}), asked
}

func TestTLSIsVerifiedByTheCA(t *testing.T) {
	t.Parallel()
	url, ca, _ := startTLSWorker(t)
	client, _ := newClient(t, connect.Config{Endpoints: []string{url}, CA: ca})
	names, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, names)
}

func TestUntrustedWorkerGetsNothing(t *testing.T) {
	t.Parallel()
	url, _, asked := startTLSWorker(t)
	client, waited := newClient(t, connect.Config{Endpoints: []string{url}, Username: "u", Password: secret.New("hunter2")})
	_, err := client.Connectors(t.Context())
	require.ErrorIs(t, err, connect.ErrUntrusted)
	assert.Contains(t, err.Error(), "check the CA chain")
	assert.Zero(t, waited.count(), "waiting does not mend a certificate")
	assert.Empty(t, asked.asked())
}

func TestTrustedWorkerIsFoundBehindAnUntrustedOne(t *testing.T) {
	t.Parallel()
	plain := startWorker(t, says(200, `[]`))
	url, ca, _ := startTLSWorker(t)
	notTLS := "https" + plain.URL[len("http"):]
	client, waited := newClient(t, connect.Config{Endpoints: []string{notTLS, url}, CA: ca})
	_, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.Zero(t, waited.count())
}

func TestHTTPWhereHTTPSIsAskedForIsNotWaitedOut(t *testing.T) {
	t.Parallel()
	plain := startWorker(t, says(200, `[]`))
	client, waited := newClient(t, connect.Config{Endpoints: []string{"https" + plain.URL[len("http"):]}})
	_, err := client.Connectors(t.Context())
	require.ErrorIs(t, err, connect.ErrUntrusted)
	assert.Zero(t, waited.count())
}

func TestConnectionsAreMadeByTheDialGiven(t *testing.T) {
	t.Parallel()
	asked := &worker{answers: []http.HandlerFunc{says(200, `["a"]`)}}
	asked.Server = httptest.NewServer(asked)
	t.Cleanup(asked.Close)
	var wanted []string
	client, _ := newClient(t, connect.Config{
		Endpoints: []string{"http://known-to-another-dns:8083"},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			wanted = append(wanted, address)
			return new(net.Dialer).DialContext(ctx, network, asked.Listener.Addr().String())
		},
	})
	names, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, names)
	assert.Equal(t, []string{"known-to-another-dns:8083"}, wanted)
}
