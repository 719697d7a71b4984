package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// newerPeer is a requirer charm of contract v1 that does what the peers' library does: it looks at answers in relation-changed,
// keeps what it has seen in its unit's databag, and fails over an answer that is not in data and over a secret that it may
// not read.
type newerPeer struct {
	mu       sync.Mutex
	requests []schemas.Request
	older    bool              // it speaks v0 still, with its first request
	logins   map[string]string // passwords by user name, as of the last relation-changed
	raised   []string          // messages of the status that its library tells it
}

func (p *newerPeer) run(ctx context.Context, h *hook.Hook) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids, err := h.RelationIDs(ctx, "connect-client")
	if err != nil || len(ids) == 0 || h.Kind == hook.RelationDeparted || h.Kind == hook.RelationBroken {
		return err
	}
	asked := schemas.Requirer{Version: schemas.V1, Requests: p.requests}
	if p.older {
		asked.Version = schemas.V0
	}
	if err := h.RelationSetApp(ctx, ids[0], asked.Encode()); err != nil || h.Kind != hook.RelationChanged {
		return err
	}
	return p.look(ctx, h, ids[0])
}

func (p *newerPeer) look(ctx context.Context, h *hook.Hook, id hook.RelationID) error {
	bag, err := h.RelationGet(ctx, id, provider)
	if err != nil {
		return err
	}
	told, err := schemas.DecodeProvider(bag)
	if err != nil && !schemas.IsMissing(err) {
		return err
	}
	known := map[string]json.RawMessage{}
	if bag["data"] != "" {
		if err := json.Unmarshal([]byte(bag["data"]), &known); err != nil {
			return err
		}
	}
	p.logins = map[string]string{}
	for _, answer := range told.Answers {
		if _, is := known[answer.RequestID]; !is && told.Version == schemas.V1 {
			return errors.New("no request matches the answer " + answer.RequestID)
		}
		if answer.SecretUser.IsZero() {
			continue
		}
		content, err := h.SecretGet(ctx, answer.SecretUser.String(), hook.Latest)
		if err != nil {
			return err
		}
		if err := lookAtTLS(ctx, h, answer); err != nil {
			return err
		}
		p.logins[content["username"].Reveal()] = content["password"].Reveal()
	}
	for _, entry := range told.Status {
		if len(told.Answers) > 0 && !slices.ContainsFunc(told.Told, func(old schemas.StatusEntry) bool { return old.Code == entry.Code }) {
			p.raised = append(p.raised, entry.Message)
		}
	}
	return h.RelationSet(ctx, id, hook.Databag{"data": bag["requests"] + bag["status"]})
}

// lookAtTLS takes the word for tls as JSON.
func lookAtTLS(ctx context.Context, h *hook.Hook, answer schemas.Answer) error {
	if answer.SecretTLS.IsZero() {
		return nil
	}
	content, err := h.SecretGet(ctx, answer.SecretTLS.String(), hook.Latest)
	if err != nil {
		return err
	}
	var enabled bool
	return json.Unmarshal([]byte(content["tls"].Reveal()), &enabled)
}

// ask has the peer ask for this.
func (p *newerPeer) ask(s *stage, app string, requests ...schemas.Request) {
	s.t.Helper()
	p.mu.Lock()
	p.requests = requests
	p.mu.Unlock()
	require.NoError(s.t, s.UpdateStatus(app+"/0"))
	s.settle()
}

// logsIn is the user names that the peer has.
func (p *newerPeer) logsIn() (names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name := range p.logins {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *stage) newerPeer(app string, requests ...schemas.Request) *newerPeer {
	s.t.Helper()
	p := &newerPeer{requests: requests}
	metadata := fmt.Sprintf("name: %s\nrequires:\n  connect-client:\n    interface: connect_client\n", app)
	require.NoError(s.t, s.Deploy(app, jujutest.FromFunc([]byte(metadata), p.run), jujutest.DeployOptions{}))
	return p
}

func requestFor(resource, salt string) schemas.Request {
	return schemas.Request{ID: schemas.RequestID(resource, salt), Salt: salt, PluginURL: resource}
}

// restOf is a REST client of one of the peer's accounts.
func (s *stage) restOf(p *newerPeer, username string) *connect.Client {
	s.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	info, err := s.Unit(provider + "/0")
	require.NoError(s.t, err)
	client, err := connect.New(connect.Config{
		Endpoints: []string{"http://" + info.Address + ":8083"}, Username: username, Password: secret.New(p.logins[username]),
	})
	require.NoError(s.t, err)
	s.t.Cleanup(client.Close)
	return client
}

// connector makes a source that is stopped.
func (s *stage) connector(client *connect.Client, short string, relation int) (name string) {
	s.t.Helper()
	name = schemas.ConnectorName(short, fmt.Sprint(relation), s.UUID())
	config := map[string]string{"connector.class": sourceClass, "file": filepath.Join(s.t.TempDir(), "in"), "topic": name}
	_, err := client.Create(s.t.Context(), name, config, connect.InitialStopped)
	require.NoError(s.t, err)
	return name
}

// clientSecrets are the labels of the secrets that the provider has for requests.
func (s *stage) clientSecrets() (labels []string) {
	for _, info := range s.Secrets() {
		if strings.HasPrefix(info.Label, "connect-client.") && strings.HasSuffix(info.Label, ".user.secret") {
			labels = append(labels, info.Label)
		}
	}
	return labels
}

// TestBothVersionsOfTheContractAreServedAtOnce has a relation of v0 and one of v1 with two requests, of which one is dropped, a
// bad one comes, and the relation goes.
func TestBothVersionsOfTheContractAreServedAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, nil)
	server := servePlugins(t, 3)
	s.client("older", server.URL+"/0")
	a, b := requestFor(server.URL+"/1", "salt-a"), requestFor(server.URL+"/2", "salt-b")
	peer := s.newerPeer("newer", a, b)
	s.settle()
	older, newer := s.integrate("older"), s.integrate("newer")
	s.settle()
	userA, userB := fmt.Sprintf("relation-%d-%s", newer, a.ID), fmt.Sprintf("relation-%d-%s", newer, b.ID)
	s.eventually("all requests have an account", func() bool { return len(peer.logsIn()) == 2 && len(s.published(older).Endpoints) == 2 })
	require.ElementsMatch(t, []string{userA, userB}, peer.logsIn())
	require.Len(t, s.published(older).Endpoints, 2)
	bag, err := s.RelationData(older, provider)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"endpoints", "secret-user", "connector-secrets", "connections"}, slices.Collect(maps.Keys(bag)),
		"a requirer of v0 gets endpoints and secret-user, and beside them no more than our two keys")
	for _, unit := range s.Units(provider) {
		require.Len(t, s.plugins(unit), 3)
		require.Equal(t, 1, s.steps(unit, "RestartWorker"), "one restart for all")
	}

	// The connectors are the relation's, with whatever account of it, and nobody else's.
	name := s.connector(s.restOf(peer, userA), "source", newer)
	seen, err := s.restOf(peer, userB).Connectors(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{name}, seen)
	_, err = s.rest(older).Config(t.Context(), name)
	require.ErrorIs(t, err, connect.ErrNotFound)

	s.requireDropped(peer, newer, a, b)
	s.requireUnharmedByBad(peer, newer, b, server.URL+"/nothing")
	s.requireGone(peer, older, newer)
}

// requireDropped drops request a: account, secret and plugin go, the relation's connector and request b stay.
func (s *stage) requireDropped(peer *newerPeer, relation int, a, b schemas.Request) {
	s.t.Helper()
	userA, userB := fmt.Sprintf("relation-%d-%s", relation, a.ID), fmt.Sprintf("relation-%d-%s", relation, b.ID)
	clientA, clientB := s.restOf(peer, userA), s.restOf(peer, userB)
	peer.ask(s, "newer", b)
	assert.Equal(s.t, []string{userB}, peer.logsIn())
	_, err := clientA.Connectors(s.t.Context())
	require.ErrorIs(s.t, err, connect.ErrUnauthorized)
	names, err := clientB.Connectors(s.t.Context())
	require.NoError(s.t, err, "the password of before")
	assert.Len(s.t, names, 1)
	assert.Len(s.t, s.clientSecrets(), 2)
	for _, unit := range s.Units(provider) {
		assert.Len(s.t, s.plugins(unit), 2)
	}
}

// requireUnharmedByBad adds a request whose plugin is not there.
func (s *stage) requireUnharmedByBad(peer *newerPeer, relation int, b schemas.Request, url string) {
	s.t.Helper()
	before := s.restarts()
	bad := requestFor(url, "")
	userB := fmt.Sprintf("relation-%d-%s", relation, b.ID)
	client := s.restOf(peer, userB)
	peer.ask(s, "newer", bad, b)
	s.updateStatus()
	assert.Equal(s.t, []string{userB}, peer.logsIn())
	_, err := client.Connectors(s.t.Context())
	require.NoError(s.t, err)
	assert.Equal(s.t, before, s.restarts())
	require.Len(s.t, peer.raised, 1, "its library tells it once")
	assert.Contains(s.t, peer.raised[0], "request "+bad.ID)
	assert.Contains(s.t, peer.raised[0], "404")
	listed := s.action(provider+"/0", "list-clients", nil).Results
	assert.Contains(s.t, listed[userB], "credentials published")
	assert.Contains(s.t, listed[fmt.Sprintf("relation-%d-%s", relation, bad.ID)], "404")
}

// requireGone ends the relation of v1.
func (s *stage) requireGone(peer *newerPeer, older, newer int) {
	s.t.Helper()
	client := s.restOf(peer, peer.logsIn()[0])
	require.NoError(s.t, s.RemoveRelation(provider, "newer"))
	s.settle()
	_, err := client.Connectors(s.t.Context())
	require.ErrorIs(s.t, err, connect.ErrUnauthorized)
	var left []string
	s.direct(provider+"/0", "/connectors", &left)
	assert.Empty(s.t, left)
	assert.Equal(s.t, []string{fmt.Sprintf("connect-client.%d.user.secret", older)}, s.clientSecrets())
	for _, unit := range s.Units(provider) {
		assert.Len(s.t, s.plugins(unit), 1, "of relation %d nothing is left", newer)
	}
	assert.Equal(s.t, http.StatusOK, s.ask(s.published(older).Endpoints[0], s.credentials(s.published(older))))
	s.requireStatus(provider+"/0", "active", "1 client")
}

// TestARequirerIsRefreshedToV1UnderARunningConnector leaves the keys of v0 in the requirer's databag, and takes its plugin's server
// away: nothing is downloaded again, and no worker restarts.
func TestARequirerIsRefreshedToV1UnderARunningConnector(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	server := servePlugins(t, 1)
	peer := s.newerPeer("client", schemas.Request{PluginURL: server.URL + "/0", RequestedSecrets: []string{"username", "password"}})
	peer.older = true
	s.settle()
	relation := s.integrate("client")
	s.settle()
	s.eventually("it has an account", func() bool { return len(peer.logsIn()) == 1 })
	require.Equal(t, []string{fmt.Sprintf("relation-%d", relation)}, peer.logsIn())
	name := s.connector(s.restOf(peer, peer.logsIn()[0]), "source", relation)
	before := s.clientSecrets()
	worker := workerPID(t, s, provider+"/0")
	server.Close()

	peer.mu.Lock()
	peer.older = false
	peer.mu.Unlock()
	request := requestFor(server.URL+"/0", "salt")
	peer.ask(s, "client", request)
	user := fmt.Sprintf("relation-%d-%s", relation, request.ID)
	require.Equal(t, []string{user}, peer.logsIn(), "with no further hook")
	seen, err := s.restOf(peer, user).Connectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{name}, seen)
	assert.Equal(t, worker, workerPID(t, s, provider+"/0"))
	assert.Len(t, s.clientSecrets(), len(before))
	bag, err := s.RelationData(relation, provider)
	require.NoError(t, err)
	assert.NotContains(t, bag, "secret-user")
	assert.NotContains(t, bag, "endpoints")
}

// TestRequestsOfV1AreServedWithoutWaiting holds a single unit to need no update-status.
func TestRequestsOfV1AreServedWithoutWaiting(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	one, two := requestFor(schemas.NotRequired, "one"), requestFor(schemas.NotRequired, "two")
	single, several := s.newerPeer("single", one), s.newerPeer("several", one, two)
	s.settle()
	s.integrate("single")
	s.settle()
	assert.Len(t, single.logsIn(), 1)
	s.integrate("several")
	s.settle()
	assert.Len(t, several.logsIn(), 2)
	hooks := 0
	for _, run := range s.HookLog() {
		if run.Unit == provider+"/0" && strings.HasPrefix(run.Name, "connect-client") {
			hooks++
		}
	}
	t.Logf("three requests in two relations of v1: %d hooks of connect-client on the provider", hooks)
}

// TestBothVersionsHearOfTLSInTheirOwnWords follows the endpoints to https, another CA, and back.
func TestBothVersionsHearOfTLSInTheirOwnWords(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, map[string]any{"tls-overlap": 0})
	ca := s.authority()
	s.newerPeer("newer", requestFor(schemas.NotRequired, "salt"))
	s.settle()
	newer := s.integrate("newer")
	older := s.tlsClient("older", allSecrets)
	s.settle()
	s.requireScheme(newer, "http")

	_, err := s.Integrate(provider, "self-signed-certificates")
	require.NoError(t, err)
	s.settle()
	for relation, word := range map[int]string{newer: "true", older: "enabled"} {
		s.requireScheme(relation, "https")
		now, err := s.read(relation)
		require.NoError(t, err)
		assert.Equal(t, word, now.tls["tls"])
		assert.NoError(t, now.ask(t.Context()))
	}
	ca.rotate()
	s.eventually("both have the other CA", func() bool {
		one, errOne := s.read(newer)
		two, errTwo := s.read(older)
		return errOne == nil && errTwo == nil && one.tls["tls-ca"] == ca.pem() && two.tls["tls-ca"] == ca.pem()
	})
	require.NoError(t, s.RemoveRelation(provider, "self-signed-certificates"))
	s.settle()
	s.requireScheme(newer, "http")
	now, err := s.read(newer)
	require.NoError(t, err)
	assert.True(t, now.SecretTLS.IsZero())
}

// TestThePairChangesItsVersionUnderRunningConnectors asks in v0, in v1, and in v0 again, on two units of each side.
func TestThePairChangesItsVersionUnderRunningConnectors(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, nil)
	input, output := s.integrator("one")
	s.settle()
	relation := s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "v0\n")
	before := s.workers()
	for _, version := range []string{"v1", "v0"} {
		require.NoError(t, s.SetConfig("one", map[string]any{"connect-client-version": version}))
		s.settle()
		s.allActive(provider, "one")
		s.lines(input, output, version+"\n")
		bag, err := s.RelationData(relation, provider)
		require.NoError(t, err)
		told, err := schemas.DecodeProvider(bag)
		require.NoError(t, err)
		assert.EqualValues(t, version, told.Version)
		assert.Len(t, told.Answers, 1)
		assert.Len(t, s.clientSecrets(), 1)
	}
	assert.Equal(t, before, s.workers(), "no worker restarts")
	for _, unit := range s.Units(provider) {
		assert.Len(t, s.plugins(unit), 1)
	}
}
