// Package manager_test drives the built connect-manager serve, with state files and clusters as they are in the field: real Kafka
// Connect, a real git remote, processes that are killed.
package manager_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/said"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
	"connectcharms/tests/served"
)

// house is what all stages share: the program, and a worker of Kafka Connect.
type house struct {
	program   string
	authority *kafka.Authority // of the broker's certificate
	broker    *kafka.Broker
	worker    *kafka.Worker
}

func openHouse(t *testing.T) *house {
	t.Helper()
	runtime, err := kafka.Fetch(t.Context(), "", os.Stderr)
	require.NoError(t, err)
	authority, err := kafka.NewAuthority("the broker's authority")
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir(), TLS: authority, SCRAM: true, ACLs: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	h := &house{authority: authority, broker: broker}
	h.worker, err = kafka.StartWorker(t.Context(), runtime, broker, kafka.WorkerOptions{Dir: t.TempDir(), PluginPath: runtime.PluginPath})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.worker.Stop()) })
	h.program, err = charms.BuildManager(t.Context(), t.TempDir())
	require.NoError(t, err)
	return h
}

// stage is one connect-manager with its configuration.
type stage struct {
	*house
	t     *testing.T
	dir   string
	serve *exec.Cmd
	log   *said.Lines
	url   string
	rest  *connect.Client // see client
}

func (h *house) stage(t *testing.T) *stage {
	t.Helper()
	return &stage{house: h, t: t, dir: t.TempDir()}
}

// write makes a file and gives its path.
func (s *stage) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(s.t, os.MkdirAll(filepath.Dir(path), 0o700))
	// Beside its place, and then renamed: whoever watches never sees half of it.
	require.NoError(s.t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(s.t, os.Rename(path+".new", path))
	return path
}

// configure writes contexts, a line of YAML each, and how they are served.
func (s *stage) configure(serve string, contexts ...string) {
	s.t.Helper()
	s.write("config.yaml", "contexts:\n  "+strings.Join(contexts, "\n  ")+fmt.Sprintf(`
serve:
  listen: 127.0.0.1:0
  data: data
  tokens: [{name: ada, sha256: %s, roles: [viewer, operator, approver]}]
  %s
`, digest("open sesame"), serve))
}

// digest is what the configuration says of a token.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// command is one of the program's, with the stage's configuration.
func (s *stage) command(args ...string) *exec.Cmd {
	command := exec.CommandContext(s.t.Context(), s.program, args...)
	command.Env = []string{"HOME=" + s.dir, "CONNECT_MANAGER_CONFIG=" + filepath.Join(s.dir, "config.yaml")}
	command.Dir = s.dir
	return command
}

// run carries out one of the program's commands.
func (s *stage) run(in string, args ...string) (out string, err error) {
	command := s.command(args...)
	command.Stdin = strings.NewReader(in)
	command.Env = append(command.Env, "CONNECT_SERVER="+s.url, "CONNECT_TOKEN_FILE="+s.write("token", "open sesame"))
	said, err := command.CombinedOutput()
	return string(said), err
}

// start starts the daemon.
func (s *stage) start() {
	s.t.Helper()
	s.serve, s.log = s.command("serve"), &said.Lines{}
	s.serve.Stderr = s.log
	require.NoError(s.t, s.serve.Start())
	running := s.serve
	s.t.Cleanup(func() {
		_ = running.Process.Kill()
		_ = running.Wait()
		if s.t.Failed() {
			s.t.Logf("connect-manager serve:\n%s", s.log)
		}
	})
}

// begin starts the daemon, and waits until it answers.
func (s *stage) begin() {
	s.t.Helper()
	s.start()
	s.until("it is ready", func() bool {
		address := s.log.Field("listen=")
		s.url = "http://" + address
		if address == "" {
			return false
		}
		response, err := http.Get(s.url + "/health/ready") // the loop has an end
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

func (s *stage) until(what string, is func() bool) {
	s.t.Helper()
	require.Eventually(s.t, is, patience, 20*time.Millisecond, what)
}

// patience is how long anything may take: a client waits half a minute for an answer before it asks again.
const patience = 2 * time.Minute

// ask sends a request as in the walk-through: the whole header is the token.
func (s *stage) ask(method, path string) (status int, body string) {
	s.t.Helper()
	return s.askAs("open sesame", method, path, "")
}

// askAs sends a request of somebody's; headers are "Name: value".
func (s *stage) askAs(token, method, path, body string, headers ...string) (status int, answer string) {
	s.t.Helper()
	return served.Somebody{URL: s.url, Token: token}.Ask(s.t, method, path, body, headers...)
}

// get reads a document.
func get[T any](s *stage, path string) T {
	s.t.Helper()
	return served.Get[T](s.t, served.Somebody{URL: s.url, Token: "open sesame"}, path)
}

// client is somebody else's.
func (s *stage) client() *connect.Client {
	s.t.Helper()
	if s.rest == nil {
		client, err := connect.New(connect.Config{Endpoints: []string{s.worker.URL()}})
		require.NoError(s.t, err)
		s.t.Cleanup(client.Close)
		s.rest = client
	}
	return s.rest
}
