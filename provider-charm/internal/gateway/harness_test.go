package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/requirer-lib/said"
	"connectcharms/requirer-lib/secret"
)

const uuid = "0123456789abcdef0123456789abcdef"

// user is somebody with an account; anonymous has none.
type user struct {
	name     string
	password secret.Value
	account  accounts.Account
}

var anonymous = user{}

func newUser(t testing.TB, name string, relation int) user {
	t.Helper()
	password := accounts.GeneratePassword()
	hash, err := accounts.HashPassword(password)
	require.NoError(t, err)
	account := accounts.Account{Username: name, Hash: hash, Relation: relation, Operator: relation == 0}
	return user{name, password, account}
}

// seen is a request that reached the worker.
type seen struct {
	method, uri, host string
	header            http.Header
	body              string
}

// fixture is a running gateway in front of a stand-in for a worker.
type fixture struct {
	config   gateway.Config
	address  string
	control  gateway.Control
	log      *said.Lines
	file     string // of the configuration
	registry *prometheus.Registry
	operator user
	one      user // the client of relation 1
	twelve   user // the client of relation 12
	end      func() error

	mutex    sync.Mutex
	requests []seen
}

type change func(*fixture)

func withConfig(change func(*gateway.Config)) change {
	return func(f *fixture) { change(&f.config) }
}

// start runs a gateway whose worker answers as told, also when it is asked for its health.
func start(t testing.TB, worker http.HandlerFunc, changes ...change) *fixture {
	t.Helper()
	f := &fixture{
		log:      &said.Lines{},
		operator: newUser(t, "operator", 0), one: newUser(t, "relation-1", 1), twelve: newUser(t, "relation-12", 12),
	}
	upstream := httptest.NewServer(f.recording(worker))
	t.Cleanup(upstream.Close)
	directory := t.TempDir()
	f.config = gateway.Config{
		Listen:   "127.0.0.1:0",
		Upstream: upstream.URL,
		Accounts: filepath.Join(directory, "accounts.json"),
		Control:  filepath.Join(directory, "gateway.socket"),
	}
	f.file = filepath.Join(directory, "gateway.json")
	f.write(t, f.operator, f.one, f.twelve)
	for _, change := range changes {
		change(f)
	}
	f.run(t)
	return f
}

func (f *fixture) run(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	log := slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f.writeConfig(t)
	f.registry = prometheus.NewRegistry()
	go func() { ended <- gateway.Run(ctx, f.file, f.registry, log) }()
	f.end = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { assert.NoError(t, f.end()) })

	f.control = gateway.Control{Socket: f.config.Control}
	require.Eventually(t, func() bool {
		status, err := f.control.Status(ctx)
		f.address = status.Listen
		return err == nil
	}, time.Minute, time.Millisecond, "the gateway does not come up")
}

// writeConfig puts the configuration into its file, as far as it can be written.
func (f *fixture) writeConfig(t testing.TB) {
	t.Helper()
	document, err := json.Marshal(f.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(f.file, document, 0o600))
}

// write puts exactly these users into the accounts file.
func (f *fixture) write(t testing.TB, users ...user) accounts.Set {
	t.Helper()
	set := accounts.Set{}
	for _, user := range users {
		set = append(set, user.account)
	}
	require.NoError(t, set.WriteFile(f.config.Accounts))
	return set
}

func (f *fixture) recording(worker http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if r.URL.Path != "/health" {
			f.mutex.Lock()
			f.requests = append(f.requests, seen{r.Method, r.RequestURI, r.Host, r.Header.Clone(), string(body)})
			f.mutex.Unlock()
		}
		worker(w, r)
	}
}

// taken gives the requests that reached the worker since the last call.
func (f *fixture) taken() []seen {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	requests := f.requests
	f.requests = nil
	return requests
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request and waits for the whole answer.
func (f *fixture) do(t testing.TB, who user, method, target, body string, headers ...string) answer {
	t.Helper()
	request := f.request(t, who, method, target, body, headers...)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(content)}
}

// request makes a request; headers are names and values in turn.
func (f *fixture) request(t testing.TB, who user, method, target, body string, headers ...string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+f.address+target, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if who != anonymous {
		request.SetBasicAuth(who.name, who.password.Reveal())
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request
}

// raw sends a request line as it is, which net/http's client would tidy up.
func (f *fixture) raw(t testing.TB, who user, method, target string) int {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.address)
	require.NoError(t, err)
	defer connection.Close()
	header := f.request(t, who, "GET", "/", "").Header.Get("Authorization")
	_, err = io.WriteString(connection, method+" "+target+" HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: "+header+"\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

// healthyAnd gives a worker that is healthy and otherwise answers as told.
func healthyAnd(worker http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			says(200, `{"status":"healthy"}`)(w, r)
			return
		}
		worker(w, r)
	}
}

// says gives a worker that always answers the same.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
