package probe_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/probe"
)

// Each of these is asked as each system, and none is any.
func TestTargetsThatAreNotWhatTheyAreTakenFor(t *testing.T) {
	t.Parallel()
	const kafka = connection.PartKafkaCluster
	header := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
	const notKafka = "does not answer as Kafka does: "
	for name, is := range map[string]struct {
		serve func(context.Context, net.Conn)
		// What is said of it, and in case it was to be Kafka.
		says, byKafka string
	}{
		"silent":              {silent, "did not answer in time", "did not answer in time"},
		"closing":             {closing, "closed the connection", "closed the connection at the first request: it may expect TLS, or not be Kafka"},
		"another protocol":    {saying("SSH-2.0-OpenSSH_9.2\r\n"), "malformed HTTP", notKafka + "invalid large response size"},
		"a huge answer":       {saying("\x7f\xff\xff\xff"), "in time", notKafka + "invalid large response size"},
		"50 MB of Kafka":      {saying("\x03\x20\x00\x00\r\n"), "malformed HTTP", notKafka + "invalid large response size"},
		"a negative one":      {saying("\xff\xff\xff\xff"), "in time", notKafka + "invalid negative response size"},
		"a huge list":         {saying("\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x7f\xff\xff\xff\r\n"), "malformed HTTP", notKafka},
		"dribbling, as HTTP":  {dribbling(header), "in time", notKafka + "invalid large response size"},
		"dribbling, as Kafka": {dribbling("\x00\x00\xff\xff\x00\x00\x00\x00"), "in time", "did not answer in time"},
		"50 MB of JSON":       {saying(header + `"` + strings.Repeat("x", 50<<20)), "longer than 1048576 bytes", notKafka},
		"a 50 MB header":      {saying("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 50<<20)), "exceeded", notKafka},
		"deep JSON":           {saying(header + strings.Repeat(`{"version":`, 100_000)), "not understood", notKafka},
		"a web server":        {saying("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"), "not understood", notKafka},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := listen(t, is.serve)
			for part, spec := range askedOf(at.address, nil) {
				says, ctx := is.says, t.Context()
				if part == kafka {
					says = is.byKafka
				}
				if strings.HasSuffix(says, "in time") {
					ctx = at.untilHeard(t)
				}
				result := ask(t, ctx, part, spec, nil)
				got := result.Errors[connection.PhaseRequest]
				assert.Contains(t, got.Message, at.address+": ", "%s %v", part, result.Errors)
				assert.Contains(t, got.Message, says, part)
				assert.False(t, result.Refused, part)
				assert.Less(t, len(got.Message), 1000)
			}
			at.isLeft(t)
		})
	}
}

func TestTargetsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for part, spec := range askedOf(nobody, nil) {
		result := ask(t, t.Context(), part, spec, nil)
		assert.Equal(t, connection.Errors{connection.PhaseConnect: {
			Message: nobody + ": nothing listens there: the connection was refused", IsTransient: true,
		}}, result.Errors, part)
	}
	// The top level domain is reserved for names that never resolve (RFC 6761, 6.4).
	for part, spec := range askedOf("broker.does-not-exist.invalid:9092", nil) {
		result := ask(t, t.Context(), part, spec, nil)
		assert.Contains(t, result.Errors[connection.PhaseResolve].Message, "broker.does-not-exist.invalid:9092: the name ", "%s %v", part, result.Errors)
		assert.False(t, result.Refused)
	}
}

// One address that serves is enough, and is not held up by another that never answers.
func TestOneOfSeveralAddressesIsEnough(t *testing.T) {
	t.Parallel()
	dead := listen(t, silent)
	broker := listen(t, new(fakeBroker).serve)
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"version":"4.3.1"}`)) }))
	t.Cleanup(worker.Close)
	for part, spec := range map[connection.Part]connection.Spec{
		connection.PartKafkaCluster: {KafkaCluster: &connection.KafkaClusterConfig{BootstrapServers: dead.address + "," + broker.address}},
		connection.PartKafkaConnect: {KafkaConnect: &connection.KafkaConnectConfig{Endpoints: []string{"http://" + dead.address, worker.URL}}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		result := ask(t, ctx, part, spec, nil)
		assert.True(t, result.OK, "%s %v", part, result.Errors)
		assert.NoError(t, ctx.Err(), "the dead one was waited for")
	}
	dead.isLeft(t)
}

// Probes of what never answers end when they are to; those of what answers are done before, beside them.
func TestNoProbeDelaysAnother(t *testing.T) {
	t.Parallel()
	dead := listen(t, silent)
	broker := listen(t, new(fakeBroker).serve)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var waiting sync.WaitGroup
	results := make(chan connection.Result, 100)
	for range 50 {
		waiting.Go(func() {
			results <- probe.ForAsLongAs(ctx, connection.PartKafkaCluster, askedOf(dead.address, nil)[connection.PartKafkaCluster], nil)
		})
	}
	var alive sync.WaitGroup
	for range 50 {
		alive.Go(func() {
			result := probe.ForAsLongAs(ctx, connection.PartKafkaCluster, askedOf(broker.address, nil)[connection.PartKafkaCluster], nil)
			assert.True(t, result.OK, "%v", result.Errors)
		})
	}
	alive.Wait()
	assert.Empty(t, results, "the dead ones have not ended yet")
	cancel()
	waiting.Wait()
	assert.Len(t, results, 50)
	dead.isLeft(t)
}

// A server cannot have what we know: redirects are not followed, and what it repeats is not told.
func TestCredentialsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	const password = "s3cr3t-and-long"
	var visited sync.Map
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { visited.Store(r.URL.String(), true) }))
	t.Cleanup(elsewhere.Close)
	redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/login?token="+password, http.StatusFound)
	}))
	t.Cleanup(redirecting.Close)
	repeating := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, sent, _ := r.BasicAuth()
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"message": "no such password: ` + sent + ` in ` + r.Header.Get("Authorization") + `"}`))
	}))
	t.Cleanup(repeating.Close)
	spec := func(url string) connection.Spec {
		reference := &connection.Reference{Secret: "connect", Key: "password"}
		return connection.Spec{
			KafkaConnect: &connection.KafkaConnectConfig{Endpoints: []string{url}, Username: "me", Password: reference},
			SchemaRegistry: &connection.SchemaRegistryConfig{URI: url, Credentials: &connection.Credentials{
				Type: connection.Basic, Username: "me", Password: reference,
			}},
		}
	}
	for _, part := range []connection.Part{connection.PartKafkaConnect, connection.PartSchemaRegistry} {
		result := ask(t, t.Context(), part, spec(redirecting.URL), secrets{"connect/password": password})
		says := result.Errors[connection.PhaseRequest].Message
		assert.Contains(t, says, "which sends to "+strings.TrimPrefix(elsewhere.URL, "http://"))
		assert.NotContains(t, says, password)
		visited.Range(func(key, _ any) bool { return assert.Fail(t, "it was followed", key) })

		result = ask(t, t.Context(), part, spec(repeating.URL), secrets{"connect/password": password})
		assert.True(t, result.Refused)
		assert.Equal(t, "me", result.User.Username)
		says = result.Errors[connection.PhaseAuthenticate].Message
		assert.Contains(t, says, "it answers 401: no such password: *** in Basic ***")
	}
}
