package control_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/said"
	"connectcharms/tests/served"
)

const managerToken = "open sesame"

// manager is the built connect-manager serve, which keeps one connector and listens to it.
type manager struct {
	*stage
	dir   string // its configuration and, in data, what it remembers
	serve *exec.Cmd
	log   *said.Lines // of all its processes
	begun *said.Lines // of the one that runs
	url   string
}

// managed is the stage with a manager that is not started yet.
func (s *stage) managed() *manager {
	s.t.Helper()
	m := &manager{stage: s, dir: s.t.TempDir(), log: &said.Lines{}}
	m.write("manager.password", managerPassword)
	m.write("ca.pem", s.authority.PEM())
	sum := sha256.Sum256([]byte(managerToken))
	m.write("config.yaml", fmt.Sprintf(`contexts:
  main: {endpoints: ['%s'], state: state.yaml, worker-secrets: {provider: directory, path: '%s', deliver: files}}
serve:
  listen: 127.0.0.1:0
  data: data
  interval: 2s
  tokens: [{name: ada, sha256: %s, roles: [viewer, operator, approver]}]
  control: {brokers: ['%s'], topic: %s, username: manager, password-file: manager.password, mechanism: %s, tls: true, ca-file: ca.pem}
`, s.worker.URL(), s.secrets(), hex.EncodeToString(sum[:]), s.broker.At(kafkaProtocol), controlTopic(s.name), kafkaMechanism))
	return m
}

// secrets is where the manager writes secrets for the worker.
func (s *stage) secrets() string { return filepath.Join(s.dir, s.name+"-secrets") }

// write makes a file as a whole, and gives its path.
func (m *manager) write(name, text string) string {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	require.NoError(m.t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(m.t, os.Rename(path+".new", path))
	return path
}

// serveAlso adds a line to how it serves.
func (m *manager) serveAlso(line string) {
	m.t.Helper()
	config, err := os.ReadFile(filepath.Join(m.dir, "config.yaml"))
	require.NoError(m.t, err)
	m.write("config.yaml", string(config)+"  "+line+"\n")
}

// wants writes a state file with the connector and a configuration.
func (m *manager) wants(config map[string]string) {
	m.t.Helper()
	// JSON is YAML, too.
	document, err := json.Marshal(map[string]any{
		"manager":    m.name,
		"connectors": []any{map[string]any{"name": m.name, "owner": map[string]string{"team": "streams"}, "config": config}},
	})
	require.NoError(m.t, err)
	m.write("state.yaml", string(document))
}

// begin starts the manager, and waits until it has looked at its state file.
func (m *manager) begin() {
	m.t.Helper()
	m.start()
	m.until("the manager is ready", m.ready)
}

func (m *manager) start() {
	m.t.Helper()
	begun := &said.Lines{}
	m.serve = m.command("serve")
	m.serve.Stderr = io.MultiWriter(m.log, begun)
	require.NoError(m.t, m.serve.Start())
	m.url = ""
	m.begun = begun
	running := m.serve
	m.t.Cleanup(func() {
		_ = running.Process.Kill()
		_ = running.Wait()
		if m.t.Failed() {
			m.t.Logf("connect-manager serve:\n%s", begun)
		}
	})
}

// command is one of the program's, with the same configuration.
func (m *manager) command(args ...string) *exec.Cmd {
	command := exec.CommandContext(m.t.Context(), m.program, args...)
	command.Env = []string{"HOME=" + m.dir, "CONNECT_MANAGER_CONFIG=" + filepath.Join(m.dir, "config.yaml")}
	command.Dir = m.dir
	return command
}

func (m *manager) ready() bool {
	address := m.begun.Field("listen=")
	if address == "" {
		return false
	}
	m.url = "http://" + address
	response, err := http.Get(m.url + "/health/ready") // whoever waits for it has an end
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// kill ends the manager as a crash does.
func (m *manager) kill() {
	m.t.Helper()
	require.NoError(m.t, m.serve.Process.Kill())
	_ = m.serve.Wait()
}

// stop ends the manager as a machine that goes down does.
func (m *manager) stop() {
	m.t.Helper()
	require.NoError(m.t, m.serve.Process.Signal(syscall.SIGTERM))
	require.NoError(m.t, m.serve.Wait())
}

// ask sends a request to the manager.
func (m *manager) ask(method, path string) (status int, body string) {
	m.t.Helper()
	return m.operator().Ask(m.t, method, path, "")
}

// get reads a document.
func get[T any](m *manager, path string) T {
	m.t.Helper()
	return served.Get[T](m.t, m.operator(), path)
}

// operator is who asks the manager.
func (m *manager) operator() served.Somebody { return served.Somebody{URL: m.url, Token: managerToken} }
