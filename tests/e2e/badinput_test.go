package e2e

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/pair"
)

// pluginServer serves a bad answer until it is mended, and then a real plugin.
type pluginServer struct {
	*httptest.Server
	mended atomic.Bool
}

func newPluginServer(t *testing.T, bad http.HandlerFunc) *pluginServer {
	good, err := os.ReadFile(parts.Kafka.FilePlugin)
	require.NoError(t, err)
	s := &pluginServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.mended.Load() {
			bad(w, r)
			return
		}
		_, _ = w.Write(good)
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// badAnswers is what may stand behind a plugin-url, and what the unit's status says of it.
func badAnswers(t *testing.T) []struct {
	name    string
	answer  http.HandlerFunc
	status  string
	message string
} {
	good, err := os.ReadFile(parts.Kafka.FilePlugin)
	require.NoError(t, err)
	send := func(content []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }
	}
	endless := func(w http.ResponseWriter, r *http.Request) {
		chunk := make([]byte, 64<<10)
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	return []struct {
		name    string
		answer  http.HandlerFunc
		status  string
		message string
	}{
		{"404", http.NotFound, "waiting", "404"},
		{"HTML with 200", send([]byte("<!doctype html><html><body>sign in</body></html>")), "blocked", "HTML"},
		{"a zip of a jar that is none", send(zipOf(t, 0)), "blocked", "is broken"},
		{"a zip with a password", send(zipOf(t, 1)), "blocked", "is encrypted"},
		{"truncated", send(good[:len(good)/2]), "blocked", "cut short"},
		{"the connection breaks", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(good)))
			_, _ = w.Write(good[:len(good)/2])
		}, "waiting", "too early"},
		{"endless", func(w http.ResponseWriter, r *http.Request) { endless(gzipTo(w), r) }, "blocked", "limit"},
		{"larger than the limit", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(2<<20))
			_, _ = w.Write(make([]byte, 2<<20))
		}, "blocked", "limit"},
		{"slow for ever", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "waiting", "slow"},
		{"a redirect loop", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, "blocked", "redirect"},
		{"a link that leads out", send(tarGz(t, &tar.Header{Name: "p/x.jar", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, nil)), "blocked", "link"},
		{"a path that leads out", send(tarGz(t, &tar.Header{Name: "../x.jar", Typeflag: tar.TypeReg, Size: 1}, []byte("x"))), "blocked", "leads out"},
	}
}

// TestABadPluginIsNamedTriedAgainAndRecovers covers what a plugin server may do wrong, on one real worker.
func TestABadPluginIsNamedTriedAgainAndRecovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, map[string]any{"plugin-size-limit": 1, "plugin-download-timeout": 2})
	s.settle()
	s.requireStatus(provider+"/0", "active", "")
	for i, bad := range badAnswers(t) {
		server := newPluginServer(t, bad.answer)
		app := fmt.Sprintf("client%d", i)
		s.client(app, server.URL+"/plugin")
		relation := s.integrate(app)
		s.settle()
		s.requireStatus(provider+"/0", bad.status, bad.message)
		assert.Empty(t, s.published(relation).Endpoints, "%s: no credentials without the plugin", bad.name)
		assert.Empty(t, s.plugins(provider+"/0"), "%s: nothing half installed", bad.name)
		told, err := s.RelationData(relation, provider)
		require.NoError(t, err)
		assert.Contains(t, told["status"], `"code":`, "%s: the requirer is told", bad.name)

		server.mended.Store(true)
		s.updateStatus()
		s.requireStatus(provider+"/0", "active", "1 client")
		assert.Len(t, s.published(relation).Endpoints, 1, "%s: recovers by itself", bad.name)
		told, err = s.RelationData(relation, provider)
		require.NoError(t, err)
		assert.Empty(t, told["status"])

		require.NoError(t, s.RemoveApplication(app))
		s.settle()
	}
}

// TestABadDatabagIsNamedAndRecovers covers what a requirer may write wrong.
func TestABadDatabagIsNamedAndRecovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.settle()
	cases := []struct {
		name    string
		bag     hook.Databag
		status  string
		message string
	}{
		{"no plugin-url", hook.Databag{"requested-secrets": pair.BothSecrets}, "waiting", "plugin-url"},
		{"no requested-secrets", hook.Databag{"plugin-url": "NOT-REQUIRED"}, "waiting", "requested-secrets"},
		{"nothing at all", hook.Databag{}, "waiting", "plugin-url"},
		{"plugin-url is no URL", hook.Databag{"plugin-url": "plugin.tar.gz", "requested-secrets": pair.BothSecrets}, "blocked", "plugin-url"},
		{"plugin-url is a file", hook.Databag{"plugin-url": "file:///etc/passwd", "requested-secrets": pair.BothSecrets}, "blocked", "plugin-url"},
		{"requested-secrets is no JSON", hook.Databag{"plugin-url": "NOT-REQUIRED", "requested-secrets": "username"}, "blocked", "requested-secrets"},
	}
	for i, c := range cases {
		bag := atomic.Pointer[hook.Databag]{}
		bag.Store(&c.bag)
		app := fmt.Sprintf("client%d", i)
		require.NoError(t, s.Deploy(app, pair.Requirer(app, func() hook.Databag { return *bag.Load() }), jujutest.DeployOptions{}))
		relation := s.integrate(app)
		s.settle()
		s.requireStatus(provider+"/0", c.status, c.message)
		assert.Empty(t, s.published(relation).Endpoints, c.name)
		assert.Equal(t, "", secretsWithAccess(s, relation), "%s: nothing is granted", c.name)

		bag.Store(&hook.Databag{"plugin-url": "NOT-REQUIRED", "requested-secrets": pair.BothSecrets})
		require.NoError(t, s.UpdateStatus(app+"/0"))
		s.settle()
		s.requireStatus(provider+"/0", "active", "1 client")
		assert.Len(t, s.published(relation).Endpoints, 1, c.name)
		require.NoError(t, s.RemoveApplication(app))
		s.settle()
	}
}

func secretsWithAccess(s *stage, relation int) string {
	for _, secret := range s.Secrets() {
		if len(secret.Access) > 0 && strings.Contains(secret.Label, fmt.Sprintf(".%d.", relation)) {
			return secret.Label
		}
	}
	return ""
}

func TestWithoutABrokerTheUnitSaysSoAndRecovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const nowhere = "127.0.0.1:1"
	s.deploy(1, map[string]any{"bootstrap-servers": nowhere})
	s.settle()
	s.requireStatus(provider+"/0", "waiting", "no Kafka broker answers at "+nowhere)
	require.NoError(t, s.SetConfig(provider, map[string]any{"bootstrap-servers": parts.broker.Bootstrap()}))
	s.settle()
	s.requireStatus(provider+"/0", "active", "")
}

func TestATakenPortIsNamedAndRecovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	unit, err := s.Unit(provider + "/0")
	require.NoError(t, err)
	taken, err := net.Listen("tcp", net.JoinHostPort(unit.Address, "8083"))
	require.NoError(t, err)
	s.settle()
	s.requireStatus(provider+"/0", "waiting", "address already in use")
	require.NoError(t, taken.Close())
	s.eventually("the gateway is up", func() bool {
		status, _ := s.StatusOf(provider + "/0")
		return status.Current == "active"
	})
}

func TestAWorkerThatDiesAtItsStartIsNamedAndRecovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	script := "#!/bin/sh\necho 'org.apache.kafka.common.config.ConfigException: no such thing' >&2\nexit 1\n"
	broken := filepath.Join(t.TempDir(), "kafka.tar.gz")
	header := &tar.Header{Name: "kafka/bin/connect-distributed.sh", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(script))}
	require.NoError(t, os.WriteFile(broken, tarGz(t, header, []byte(script)), 0o600))
	require.NoError(t, s.Deploy(provider, jujutest.FromDir(parts.Charms.KafkaConnect), jujutest.DeployOptions{
		Config: map[string]any{"bootstrap-servers": parts.broker.Bootstrap()}, Resources: map[string]string{"kafka": broken},
	}))
	s.settle()
	s.requireStatus(provider+"/0", "waiting", "ConfigException: no such thing")
	require.NoError(t, s.AttachResource(provider, "kafka", parts.Kafka.Archive))
	s.settle()
	s.requireStatus(provider+"/0", "active", "")
}

func TestAResourceThatIsNoKafkaIsNamedAndRecovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	wrong := filepath.Join(t.TempDir(), "kafka.tar.gz")
	require.NoError(t, os.WriteFile(wrong, []byte("not an archive"), 0o600))
	require.NoError(t, s.Deploy(provider, jujutest.FromDir(parts.Charms.KafkaConnect), jujutest.DeployOptions{
		Config: map[string]any{"bootstrap-servers": parts.broker.Bootstrap()}, Resources: map[string]string{"kafka": wrong},
	}))
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "is not a Kafka distribution")
	require.NoError(t, s.AttachResource(provider, "kafka", parts.Kafka.Archive))
	s.settle()
	s.requireStatus(provider+"/0", "active", "")
}

func TestAWorkerThatHangsAtItsStopIsKilledAndReplaced(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.settle()
	before := workerPID(t, s, provider+"/0")
	require.NoError(t, syscall.Kill(before, syscall.SIGSTOP), "a stopped process does not act on SIGTERM")
	require.NoError(t, s.SetConfig(provider, map[string]any{"worker-heap": 400}))
	s.settle()
	s.eventually("the worker is replaced", func() bool {
		status, _ := s.StatusOf(provider + "/0")
		return status.Current == "active"
	})
	assert.NotEqual(t, before, workerPID(t, s, provider+"/0"))
	assert.NoDirExists(t, fmt.Sprintf("/proc/%d", before))
}

func TestUnknownAndImpossibleConfigIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.settle()
	assert.Error(t, s.SetConfig(provider, map[string]any{"bootstrap-server": "x:1"}), "Juju refuses what the charm does not know")
	for name, value := range map[string]any{"rest-port": 70000, "worker-heap": 1, "bootstrap-servers": "nowhere", "topic-replication-factor": 0} {
		require.NoError(t, s.SetConfig(provider, map[string]any{name: value}))
		s.settle()
		s.requireStatus(provider+"/0", "blocked", "config "+name)
		require.NoError(t, s.ResetConfig(provider, name))
		require.NoError(t, s.SetConfig(provider, map[string]any{"bootstrap-servers": parts.broker.Bootstrap()}))
		s.settle()
		s.requireStatus(provider+"/0", "active", "")
	}
}

// workerPID finds the JVM of a unit's worker by the properties file that it was started with.
func workerPID(t *testing.T, s *stage, unit string) int {
	t.Helper()
	pid := pair.Worker(s.seen(unit))
	require.NotZero(t, pid, "no worker runs on "+unit)
	return pid
}

func zipOf(t *testing.T, flags uint16) []byte {
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	_, err := archive.CreateRaw(&zip.FileHeader{Name: "plugin.jar", Flags: flags})
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	return buffer.Bytes()
}

func tarGz(t *testing.T, header *tar.Header, content []byte) []byte {
	var buffer bytes.Buffer
	compressed := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(compressed)
	header.ModTime = time.Unix(0, 0)
	require.NoError(t, archive.WriteHeader(header))
	_, err := archive.Write(content)
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	require.NoError(t, compressed.Close())
	return buffer.Bytes()
}

// gzipTo answers with an endless gzip'd tar: the header of one huge file, then zeros.
func gzipTo(w http.ResponseWriter) http.ResponseWriter {
	archive := tar.NewWriter(w)
	_ = archive.WriteHeader(&tar.Header{Name: "p/x.jar", Typeflag: tar.TypeReg, Size: 1 << 40, Mode: 0o644})
	return w
}
