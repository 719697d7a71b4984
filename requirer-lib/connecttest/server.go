package connecttest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
)

// Server is a Kafka Connect cluster of one worker, in memory.
type Server struct {
	http *httptest.Server

	mu         sync.Mutex
	accounts   map[string]string // passwords by user
	closed     bool              // only they are let in
	plugins    []plugin
	connectors map[string]*connector
	offsets    map[string][]connect.Offset // by connector
	refusals   map[string]refusal          // of writes, by connector
	writes     []string

	secrets map[string]map[hook.RelationID]map[string]string // by unit and relation: see Secrets
}

type connector struct {
	config  map[string]string
	state   connect.State // that was asked for
	started bool          // it has run, since it was made or stopped
	failed  string        // trace of its tasks; empty: they have not failed
	broken  string        // trace of its own; empty: it has not failed itself
}

type refusal struct {
	status  int
	message string
}

// NewServer starts a server. Close it after use.
func NewServer() *Server {
	s := &Server{
		accounts: map[string]string{}, connectors: map[string]*connector{}, offsets: map[string][]connect.Offset{},
		refusals: map[string]refusal{}, secrets: map[string]map[hook.RelationID]map[string]string{},
	}
	s.AddPlugin("org.apache.kafka.connect.file.FileStreamSourceConnector", connect.Source, fileSourceFields()...)
	s.AddPlugin("org.apache.kafka.connect.file.FileStreamSinkConnector", connect.Sink, fileSinkFields()...)
	s.http = httptest.NewServer(s.routes())
	return s
}

// Close ends the server.
func (s *Server) Close() { s.http.Close() }

// URL is the server's endpoint.
func (s *Server) URL() string { return s.http.URL }

// SetPassword lets a user in, from now on with this password alone. Before there was any user, everyone is let in.
func (s *Server) SetPassword(username, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[username], s.closed = password, true
}

// Password is a user's, for a test that asks the server itself; empty where there is no such user.
func (s *Server) Password(username string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[username]
}

// AddPlugin has the worker load a connector's class, with the fields that a configuration is validated by, beside some that
// all have. Apache's file connectors are loaded from the start.
func (s *Server) AddPlugin(class string, kind connect.ConnectorType, fields ...connect.FieldDefinition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plugins = append(s.plugins, plugin{connect.Plugin{Class: class, Type: string(kind), Version: version}, fields})
}

// Fail has the tasks of a connector fail with a trace, until it is restarted or given another configuration.
func (s *Server) Fail(name, trace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.connectors[name]; c != nil {
		c.failed = trace
	}
}

// FailItself has a connector fail itself, and not its tasks: it has none then. A pause is noted, and shows when it is restarted.
func (s *Server) FailItself(name, trace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.connectors[name]; c != nil {
		c.broken = trace
	}
}

// Refuse answers writes to a connector with an error, of status 0 no more.
func (s *Server) Refuse(name string, status int, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[name] = refusal{status, message}
}

// Connectors are the names, in order.
func (s *Server) Connectors() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.connectors))
}

// Config is a connector's configuration; nil where there is none.
func (s *Server) Config(name string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.connectors[name]; c != nil {
		return maps.Clone(c.config)
	}
	return nil
}

// TakeWrites lists the requests that were not reads, since it was last called: "PUT /connectors/lines/config".
func (s *Server) TakeWrites() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := s.writes
	s.writes = nil
	return writes
}

// become asks for a state.
func (c *connector) become(state connect.State) {
	c.state = state
	c.started = state == connect.Running || c.started && state == connect.Paused
	if state == connect.Stopped {
		c.failed, c.broken = "", ""
	}
}

// tasks is how many tasks there are: none before it has run.
func (c *connector) tasks() int {
	if !c.started || c.broken != "" {
		return 0
	}
	tasks, err := strconv.Atoi(c.config["tasks.max"])
	if err != nil {
		return 1
	}
	return tasks
}

// let says whether a request comes from somebody who is let in.
func (s *Server) let(r *http.Request) bool {
	username, password, _ := r.BasicAuth()
	known, is := s.accounts[username]
	return !s.closed || is && known == password
}
