package page

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/said"
	"connectcharms/tests/charms"
)

const class = "org.apache.kafka.connect.file.FileStreamSourceConnector"

// The tokens, and what they are good for.
const (
	ada   = "open sesame"         // all
	grace = "grace's own, secret" // looks and approves
	viola = "viola only looks on"
)

// program is connect-manager, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "connect-manager")
	if err != nil {
		return "", err
	}
	ending = append(ending, func() { _ = os.RemoveAll(dir) })
	return charms.BuildManager(context.Background(), dir)
})

// stage is a manager that serves the page, and the clusters it works on.
type stage struct {
	*testing.T
	dir      string
	address  string
	clusters map[string]*connecttest.Server
	urls     map[string]string // of the clusters
	options  string            // of the section serve
	running  *exec.Cmd
	said     *said.Lines
}

// newStage starts a manager with a state file for each cluster; options are lines of the section serve.
func newStage(t *testing.T, options string, states map[string]string) *stage {
	t.Helper()
	if chromium() == "" {
		t.Skip("there is no Chromium here: apt-get install chromium")
	}
	s := &stage{T: t, clusters: map[string]*connecttest.Server{}}
	urls := map[string]string{}
	for name := range states {
		s.clusters[name] = connecttest.NewServer()
		t.Cleanup(s.clusters[name].Close)
		urls[name] = s.clusters[name].URL()
	}
	s.open(options, states, urls)
	return s
}

// open starts the manager before clusters that there are.
func (s *stage) open(options string, states, urls map[string]string) {
	s.Helper()
	s.dir, s.options, s.urls = s.TempDir(), options, urls
	for name, state := range states {
		s.write(name, state)
	}
	s.address = "127.0.0.1:0"
	s.configure()
	s.start()
	s.Cleanup(s.stop)
	s.configure() // it keeps its port when it is started again
}

// write changes the state file of a cluster.
func (s *stage) write(cluster, state string) {
	s.Helper()
	path := filepath.Join(s.dir, cluster+".yaml")
	require.NoError(s, os.WriteFile(path+".new", []byte(state), 0o600))
	require.NoError(s, os.Rename(path+".new", path))
}

func (s *stage) configure() {
	s.Helper()
	var contexts, names strings.Builder
	for name, url := range s.urls {
		fmt.Fprintf(&contexts, "  %s: {endpoints: [%q], state: %q}\n", name, url, filepath.Join(s.dir, name+".yaml"))
		fmt.Fprintf(&names, "%s, ", name)
	}
	config := "contexts:\n" + contexts.String() + "serve:\n" +
		"  contexts: [" + strings.TrimSuffix(names.String(), ", ") + "]\n" +
		"  listen: " + s.address + "\n  data: " + filepath.Join(s.dir, "data") + "\n" +
		"  tokens:\n" + tokenLine("ada", ada, "viewer, operator, approver") + tokenLine("grace", grace, "viewer, approver") +
		tokenLine("viola", viola, "viewer") + s.options
	require.NoError(s, os.WriteFile(filepath.Join(s.dir, "config.yaml"), []byte(config), 0o600))
}

func tokenLine(name, token, roles string) string {
	digest := sha256.Sum256([]byte(token))
	return fmt.Sprintf("    - {name: %s, sha256: %s, roles: [%s]}\n", name, hex.EncodeToString(digest[:]), roles)
}

// start starts the manager, and waits until it has had its first look.
func (s *stage) start() {
	s.Helper()
	path, err := program()
	require.NoError(s, err)
	s.said = &said.Lines{}
	s.running = exec.Command(path, "serve", "--config", filepath.Join(s.dir, "config.yaml"))
	s.running.Stdout, s.running.Stderr = s.said, s.said
	require.NoError(s, s.running.Start())
	deadline := time.Now().Add(patience)
	for !s.isReady() {
		if time.Now().After(deadline) {
			s.stop()
			require.FailNow(s, "the manager is not ready", "%s", s.said)
		}
		time.Sleep(tick)
	}
}

// isReady asks the manager where it says that it listens.
func (s *stage) isReady() bool {
	listens := s.said.Field("listen=")
	if listens == "" {
		return false
	}
	s.address = listens
	answer, err := (&http.Client{Timeout: patience}).Get("http://" + listens + "/health/ready")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func (s *stage) stop() {
	if s.running == nil {
		return
	}
	_ = s.running.Process.Signal(syscall.SIGTERM)
	_ = s.running.Wait()
	s.running = nil
	if s.Failed() {
		s.Logf("the manager said:\n%s", s.said)
	}
}

// sync has the manager sync a cluster, as somebody else would do while the page is open.
func (s *stage) sync(cluster string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/connectors/sync?cluster="+cluster, nil)
	require.NoError(s, err)
	request.Header.Set("Authorization", ada)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(s, err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	require.NoError(s, err)
	require.Equal(s, http.StatusOK, answer.StatusCode, "%s", said)
}

// visit opens the page and logs in.
func (s *stage) visit(screen screen, token, place string) *tab {
	s.Helper()
	visitor := newTab(s.T, screen)
	visitor.open("http://" + s.address + "/" + place)
	visitor.logIn(token)
	visitor.until("document.querySelector('.line.is-live')")
	return visitor
}

func (t *tab) logIn(token string) {
	t.Helper()
	t.fill("#token", token)
	t.press("\r")
}
