package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/api"
	"connectcharms/integrator-charm/internal/cli"
	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/state"
)

// as gives a connection whose status says something of each of its parts.
func as(id string, parts ...connection.Result) connection.Resource {
	spec := connection.Spec{
		ID: id, Name: strings.ToUpper(id), Type: connection.Direct,
		KafkaCluster:   &connection.KafkaClusterConfig{BootstrapServers: "kafka:9092"},
		SchemaRegistry: &connection.SchemaRegistryConfig{URI: "https://registry.example.org"},
	}
	status := connection.New(spec, 3, noon).Begin(spec, 3, noon)
	for _, part := range parts {
		part.Generation = 3
		status = status.After(part, noon)
	}
	return connection.Resource{Spec: spec, Status: status, Metadata: connection.Metadata{Generation: 3, Origin: connection.OfAPI}}
}

// fixedLinks are connections that stay as they are.
type fixedLinks struct {
	api.Connections // what is not called

	all []connection.Resource
}

func (f fixedLinks) List() []connection.Resource { return f.all }

func (f fixedLinks) Get(id string) (connection.Resource, error) {
	for _, one := range f.all {
		if one.Spec.ID == id {
			return one, nil
		}
	}
	return connection.Resource{}, connections.ErrNotFound
}

func (f fixedLinks) Probe(_ context.Context, id string) (connection.Resource, error) {
	return f.Get(id)
}

func someLinks() fixedLinks {
	in := connection.Result{Part: connection.PartKafkaCluster, OK: true, User: &connection.User{Username: "ada"}, Details: map[string]string{"cluster_id": "abc"}}
	refused := connection.Result{Part: connection.PartSchemaRegistry, Refused: true, Errors: connection.Errors{
		connection.PhaseAuthenticate: {Message: "registry.example.org: 401"},
		connection.PhaseRequest:      {Message: "and more\x1b[2J\nof it", IsTransient: true},
	}}
	registry := in
	registry.Part = connection.PartSchemaRegistry
	return fixedLinks{all: []connection.Resource{as("events", in, registry), as("payments", in, refused), as("tried", in)}}
}

func TestConnectionsThatAreNotWellComeFirst(t *testing.T) {
	t.Parallel()
	b := served(t, &keeper{clusters: []string{"main"}, links: someLinks()})
	assert.Equal(t, ""+
		"ID        NAME      SYSTEM           STATE       SINCE                 ERROR\n"+
		"payments  PAYMENTS  kafka_cluster    SUCCESS     2026-11-23 12:00:00Z\n"+
		"payments  PAYMENTS  schema_registry  FAILED      2026-11-23 12:00:00Z  authenticate: registry.example.org: 401\n"+
		"tried     TRIED     kafka_cluster    SUCCESS     2026-11-23 12:00:00Z\n"+
		"tried     TRIED     schema_registry  ATTEMPTING  2026-11-23 12:00:00Z\n"+
		"events    EVENTS    kafka_cluster    SUCCESS     2026-11-23 12:00:00Z\n"+
		"events    EVENTS    schema_registry  SUCCESS     2026-11-23 12:00:00Z\n", b.ok("connections", "list"))
	assert.Contains(t, b.ok("connections", "list", "-o", "json"), `"state": "FAILED"`)
	assert.Equal(t, "events\npayments\n:4\n", b.ok("__complete", "connections", "probe", "tried", ""))
}

func TestAConnectionIsShownWithAllThatIsWrong(t *testing.T) {
	t.Parallel()
	b := served(t, &keeper{clusters: []string{"main"}, links: someLinks()})
	const whole = `payments  DIRECT  PAYMENTS
  from API, generation 3
  kafka_cluster  SUCCESS since 2026-11-23 12:00:00Z, as ada
    cluster_id abc
  schema_registry  FAILED since 2026-11-23 12:00:00Z
    authenticate: registry.example.org: 401
    request: and more\x1b[2J\nof it (may pass)
`
	shown := b.run("connections", "show", "payments", "none")
	assert.Equal(t, result{1, whole, "connect-manager: none: there is no such connection\n"}, shown)
	assert.Equal(t, result{1, whole, "connect-manager: payments: it is not well\n"}, b.run("connections", "probe", "payments"))
	assert.Equal(t, 0, b.run("connections", "probe", "events").code)
}

// memory keeps what a test makes for as long as the test.
type memory struct{ generation int64 }

func (m *memory) Connections(context.Context) ([]store.Connection, error) { return nil, nil }

func (m *memory) SaveConnection(context.Context, store.Connection) (int64, error) {
	m.generation++
	return m.generation, nil
}

func (m *memory) DeleteConnection(context.Context, string) error { return nil }

func (*memory) Successes(context.Context) ([]store.Success, error) { return nil, nil }

func (*memory) SaveSuccess(context.Context, store.Success) error { return nil }

// kept is a registry with which every system is well but those that are called down.
func kept(t *testing.T) *connections.Registry {
	t.Helper()
	prober := connections.ProberFunc(func(_ context.Context, part connection.Part, spec connection.Spec, _ state.Secrets) connection.Result {
		if !strings.Contains(spec.KafkaCluster.BootstrapServers, "down") {
			return connection.Result{Part: part, OK: true}
		}
		return connection.Result{Part: part, Errors: connection.Errors{connection.PhaseResolve: {Message: "no such host"}}}
	})
	made, err := connections.New(t.Context(), connections.Options{
		Store: &memory{}, Prober: prober, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ctx, end := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { made.Run(ctx) })
	t.Cleanup(func() {
		end()
		running.Wait()
	})
	return made
}

func TestAConnectionIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	b := served(t, &keeper{clusters: []string{"main"}, links: kept(t)})
	file := b.write("events.yaml", "id: events # ours\ntype: DIRECT\nkafka_cluster: {bootstrap_servers: 'kafka:9092'}\n")
	assert.Equal(t, "events: made\n", b.ok("connections", "add", file))
	assert.Equal(t, 3, b.run("connections", "add", file).code, "it is there")
	changed := b.runWith(b.Context(), `{"id":"events","type":"DIRECT","kafka_cluster":{"bootstrap_servers":"down:9092"}}`, "connections", "set", "-", "--generation", "1")
	assert.Equal(t, result{0, "events: generation 2\n", ""}, changed)
	assert.Equal(t, 3, b.run("connections", "set", file, "--generation", "1").code)
	assert.Contains(t, b.run("connections", "probe", "events").out, "resolve: no such host")

	assert.Equal(t, 3, b.run("connections", "delete", "events").code)
	gone := b.run("connections", "delete", "events", "none", "--yes")
	assert.Equal(t, result{1, "events: deleted\n", "none: there is no such connection\nconnect-manager: 1 of 2 failed\n"}, gone)
	assert.Equal(t, result{0, "", "There are no connections.\n"}, b.run("connections", "list"))
}

func TestAConnectionThatIsWrongIsToldByItsFields(t *testing.T) {
	t.Parallel()
	b := served(t, &keeper{clusters: []string{"main"}, links: kept(t)})
	for text, says := range map[string]string{
		"id: 7\ntype: DIRECT\nkafka_cluster: {bootstrap_servers: 'a:1'}": "id must be a text",
		"id: a\ntype: CCLOUD\nccloud_config: {organization_id: short}":   "ccloud_config.organization_id ",
		"id: a\ntype: DIRECT\nkafka_cluster: {password: hunter2}":        "kafka_cluster.password is not a field",
		"id: a\nid: b\n":                     "want one document of YAML or JSON, with each key once",
		"a: hunter2: c":                      "want one document",
		"id: a\n---\nid: b\n":                "want one document",
		"":                                   "want one document",
		strings.Repeat("# hunter2\n", 1<<20): "bytes at most",
		strings.Repeat("[", 30_000):          "want one document",
		"a: &a [1,1]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]": "is not a field",
		// Only the daemon knows what may be made by its API.
		"id: a\ntype: DIRECT\nkafka_cluster: {bootstrap_servers: 'a:1', credentials: {type: BASIC, username: u, password: {env: HOME}}}": "kafka_cluster.credentials.password must be",
	} {
		done := b.runWith(b.Context(), text, "connections", "add", "-")
		assert.Equal(t, 1, done.code, "%.40s", text)
		assert.Contains(t, done.err, says, "%.40s", text)
		assert.NotContains(t, done.err, "hunter2")
	}
	assert.Equal(t, 1, b.run("connections", "add", "none.yaml").code)
	assert.Equal(t, 5, b.run("connections", "add").code)
}

// news is a line of watch.
type news struct {
	ID         string
	Gone       bool
	Connection *connection.Resource
}

// follow runs watch until the test ends, and gives what it writes.
func (b *bench) follow(args ...string) io.Reader {
	b.Helper()
	out, in := io.Pipe()
	ctx, end := context.WithCancel(context.WithoutCancel(b.Context()))
	program := b.program
	program.Out, program.Err, program.Environ = in, io.Discard, b.lookup
	ended := make(chan int, 1)
	go func() {
		ended <- program.Run(ctx, append([]string{"connections", "watch"}, args...))
		_ = in.Close() // who reads on is not kept waiting
	}()
	b.Cleanup(func() {
		end()
		_ = out.Close()
		assert.Equal(b, 0, <-ended)
	})
	return out
}

func (b *bench) until(lines *json.Decoder, is func(news) bool) {
	b.Helper()
	for {
		var one news
		require.NoError(b, lines.Decode(&one))
		if is(one) {
			return
		}
	}
}

func TestConnectionsAreFollowedALineEachAlsoWhenTheDaemonWasAway(t *testing.T) {
	t.Parallel()
	links := kept(t)
	b := served(t, &keeper{clusters: []string{"main"}, links: links})
	spec := func(id, servers string) connection.Spec {
		return connection.Spec{ID: id, Type: connection.Direct, KafkaCluster: &connection.KafkaClusterConfig{BootstrapServers: servers}}
	}
	for _, id := range []string{"events", "other"} {
		_, err := links.Create(t.Context(), spec(id, "kafka:9092"), "ada")
		require.NoError(t, err)
	}
	lines := json.NewDecoder(b.follow("events", "-o", "json"))
	isIn := func(state connection.State) func(news) bool {
		return func(one news) bool {
			require.Equal(t, "events", one.ID, "others are not asked for")
			return one.Connection != nil && one.Connection.Status.KafkaCluster.State == state
		}
	}
	b.until(lines, isIn(connection.Success))
	b.daemon.CloseClientConnections()
	_, err := links.Update(t.Context(), spec("events", "down:9092"), "", "ada")
	require.NoError(t, err)
	b.until(lines, isIn(connection.Failed))
	b.daemon.CloseClientConnections()
	require.NoError(t, links.Delete(t.Context(), "events", "", "ada"))
	b.until(lines, func(one news) bool { return one.Gone })
}

func TestAChangeOfAConnectionIsALineForAPerson(t *testing.T) {
	t.Parallel()
	b := served(t, &keeper{clusters: []string{"main"}, links: kept(t)})
	b.ok("connections", "add", b.write("events.yaml", "{id: events, type: DIRECT, kafka_cluster: {bootstrap_servers: 'down:9092'}}"))
	b.run("connections", "probe", "events")
	lines := bufio.NewReader(b.follow())
	for _, want := range []string{"12:00:00  events  kafka_cluster  FAILED\n", "          resolve: no such host\n"} {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, want, line)
	}

	b.write("token", "close sesame")
	assert.Equal(t, 1, b.run("connections", "watch").code)
}

func FuzzParseConnection(f *testing.F) {
	f.Add("id: events\ntype: DIRECT\nkafka_cluster: {bootstrap_servers: 'kafka:9092'}\n")
	f.Add(`{"id":"a","type":"CCLOUD","ccloud_config":{"organization_id":"short"}}`)
	f.Add("a: &a [1]\nb: *a\n? {c: d}\n: .nan\n!!binary x: !!timestamp 2026-11-23\n")
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := cli.ParseConnection([]byte(text))
		if err == nil {
			require.NoError(t, spec.Validate())
		}
	})
}
