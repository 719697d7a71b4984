package e2e

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/kafka"
	"connectcharms/tests/pair"
)

// packings are the file plugin, packed in each way that is taken beside tar.gz.
func packings(t *testing.T) map[string][]byte {
	t.Helper()
	var plain, zipped, zstded, xzed bytes.Buffer
	archive := tar.NewWriter(&plain)
	require.NoError(t, archive.AddFS(os.DirFS(parts.Kafka.PluginPath)))
	require.NoError(t, archive.Close())
	hub := zip.NewWriter(&zipped)
	require.NoError(t, hub.AddFS(os.DirFS(parts.Kafka.PluginPath)))
	require.NoError(t, hub.Close())
	compress := func(to io.WriteCloser, err error) {
		require.NoError(t, err)
		_, err = to.Write(plain.Bytes())
		require.NoError(t, err)
		require.NoError(t, to.Close())
	}
	zstdWriter, err := zstd.NewWriter(&zstded)
	compress(zstdWriter, err)
	xzWriter, err := xz.NewWriter(&xzed)
	compress(xzWriter, err)
	return map[string][]byte{"zip": zipped.Bytes(), "zstd": zstded.Bytes(), "xz": xzed.Bytes()}
}

// guarded is an https server with an authority of its own, that wants a token.
func guarded(t *testing.T, content []byte) (address, authority string) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer hunter2" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(content)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it logs refused handshakes
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// TestPluginsComeInEveryPackingAndByEveryWay has a client for each, on one real worker.
func TestPluginsComeInEveryPackingAndByEveryWay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	packed := packings(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if content, is := packed[filepath.Base(r.URL.Path)]; is {
			_, _ = w.Write(content)
			return
		}
		_, _ = w.Write(pluginNumber(t, len(r.URL.Path)))
	}))
	t.Cleanup(server.Close)
	private, authority := guarded(t, pluginNumber(t, 1))
	login, err := s.AddSecret("plugins", map[string]string{"hosts": strings.TrimPrefix(private, "https://"), "token": "hunter2"})
	require.NoError(t, err)
	pinned := fmt.Sprintf("%x", sha256.Sum256(pluginNumber(t, len("/pinned"))))
	s.deploy(1, map[string]any{
		"plugin-ca": authority, "plugin-credentials": login,
		"plugin-mirror":  "https://plugins.example/ " + server.URL + "/mirror/",
		"plugin-digests": "pinned " + strings.Repeat("0", 64),
	})
	urls := map[string]string{
		"zip": server.URL + "/zip", "zstd": server.URL + "/zstd", "xz": server.URL + "/xz",
		"mirrored": "https://plugins.example/x", "guarded": private + "/plugin", "pinned": server.URL + "/pinned",
	}
	relations := map[string]int{}
	for app, url := range urls {
		s.client(app, url)
		relations[app] = s.integrate(app)
	}
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "juju grant-secret "+login+" "+provider)
	assert.Empty(t, s.plugins(provider+"/0"), "nothing is asked for without the credentials")

	require.NoError(t, s.GrantSecret(login, provider))
	s.updateStatus()
	s.requireStatus(provider+"/0", "blocked", "pinned: plugin "+urls["pinned"]+": its SHA-256 is "+pinned[:12])
	for app, relation := range relations {
		assert.Equal(t, app != "pinned", len(s.published(relation).Endpoints) == 1, app)
	}
	require.NoError(t, s.SetConfig(provider, map[string]any{"plugin-digests": "pinned " + pinned}))
	s.settle()
	s.requireStatus(provider+"/0", "active", "6 clients")
	assert.Contains(t, s.plugins(provider+"/0"), pinned)

	listed := s.action(provider+"/0", "list-plugins", nil).Results
	assert.Equal(t, "6", listed["plugins"])
	said := fmt.Sprint(listed["plugin-"+pinned[:12]])
	assert.Contains(t, said, "loaded, ")
	assert.Contains(t, said, fmt.Sprintf("for pinned (relation %d): ", relations["pinned"]))
	assert.Contains(t, said, sourceClass+"@"+parts.Kafka.Version)
	s.requireNowhere(provider+"/0", "hunter2")

	upgraded := atomic.Bool{}
	require.NoError(t, s.Deploy("changing", pair.Requirer("changing", func() hook.Databag {
		url := server.URL + "/old"
		if upgraded.Load() {
			url = server.URL + "/newer"
		}
		return hook.Databag{"plugin-url": url, "requested-secrets": pair.BothSecrets}
	}), jujutest.DeployOptions{}))
	relation := s.integrate("changing")
	s.settle()
	secretBefore := s.published(relation).SecretUser
	upgraded.Store(true)
	s.updateStatus()
	s.settle()
	s.requireStatus(provider+"/0", "active", "7 clients")
	assert.Contains(t, s.plugins(provider+"/0"), fmt.Sprintf("%x", sha256.Sum256(pluginNumber(t, len("/newer")))))
	assert.NotContains(t, s.plugins(provider+"/0"), fmt.Sprintf("%x", sha256.Sum256(pluginNumber(t, len("/old")))))
	assert.Equal(t, secretBefore, s.published(relation).SecretUser)
}

// requireNowhere searches a unit's files and the model's log of it for a secret.
func (s *stage) requireNowhere(unit, text string) {
	s.t.Helper()
	require.NoError(s.t, filepath.WalkDir(s.data(unit), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // what is gone or no file holds nothing
		}
		content, _ := os.ReadFile(path)
		assert.False(s.t, bytes.Contains(content, []byte(text)), path)
		return nil
	}))
}

// TestTheEndOfRelation1LeavesRelation10 is the third of the peers' faults.
func TestTheEndOfRelation1LeavesRelation10(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	server := servePlugins(t, 2)
	s.client("one", server.URL+"/0")
	s.client("ten", server.URL+"/1")
	nothing := func(context.Context, *hook.Hook) error { return nil }
	for name, side := range map[string]string{"left": "provides", "right": "requires"} {
		metadata := fmt.Sprintf("name: %s\n%s:\n  thing:\n    interface: thing\n", name, side)
		require.NoError(t, s.Deploy(name, jujutest.FromFunc([]byte(metadata), nothing), jujutest.DeployOptions{}))
	}
	one := s.integrate("one")
	for last := one; last != 10*one-1; {
		relation, err := s.Integrate("left", "right")
		require.NoError(t, err)
		require.NoError(t, s.RemoveRelation("left", "right"))
		s.settle()
		last = relation
	}
	ten := s.integrate("ten")
	require.Equal(t, fmt.Sprint(one)+"0", fmt.Sprint(ten))
	s.settle()
	s.requireStatus(provider+"/0", "active", "2 clients")
	names := map[int]string{}
	for _, relation := range []int{one, ten} {
		names[relation] = fmt.Sprintf("file_r%d_%s", relation, strings.ReplaceAll(s.UUID(), "-", ""))
		config := map[string]string{"connector.class": sourceClass, "file": filepath.Join(t.TempDir(), "in"), "topic": names[relation]}
		_, err := s.rest(relation).Create(t.Context(), names[relation], config, connect.InitialStopped)
		require.NoError(t, err)
	}
	login := s.credentials(s.published(ten))
	kept := fmt.Sprintf("%x", sha256.Sum256(pluginNumber(t, 1)))

	require.NoError(t, s.RemoveRelation(provider, "one"))
	s.settle()
	s.requireStatus(provider+"/0", "active", "1 client")
	assert.Equal(t, []string{kept}, s.plugins(provider+"/0"))
	var left []string
	s.direct(provider+"/0", "/connectors", &left)
	assert.Equal(t, []string{names[ten]}, left)
	assert.Equal(t, http.StatusOK, s.ask(s.published(ten).Endpoints[0], login))
}

// mongo is a connector in one jar, without service manifests.
var mongo = kafka.Artifact{
	Coordinates: "org.mongodb.kafka:mongo-kafka-connect:2.0.1:jar:all",
	SHA256:      "26e0027798fb20d93d4f4d8ecbc274c2792c232db815fb99f701057ac6f62b08",
}

// TestAJarWithoutManifestsIsSeenAndUsed holds what the charm finds in a real jar against Kafka's own tool, and has a real
// worker, which sees nothing without a manifest, run it.
func TestAJarWithoutManifestsIsSeenAndUsed(t *testing.T) {
	t.Parallel()
	jar, err := kafka.FetchArtifact(t.Context(), mongo, os.Stderr)
	require.NoError(t, err)
	content, err := os.ReadFile(jar)
	require.NoError(t, err)
	s := newStage(t)
	s.deploy(1, nil)
	s.settle()
	var sent atomic.Pointer[time.Time]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(content)
		now := time.Now()
		sent.Store(&now)
	}))
	t.Cleanup(server.Close)
	s.client("mongo", server.URL+"/mongo")
	relation := s.integrate("mongo")
	installed := filepath.Join(s.data(provider+"/0"), "plugins/installed", mongo.SHA256)
	there := make(chan time.Time, 1)
	go func() {
		for t.Context().Err() == nil {
			if _, err := os.Stat(installed); err == nil {
				there <- time.Now()
				return
			}
			time.Sleep(time.Millisecond) // the moment is what is measured
		}
	}()
	s.settle()
	s.requireStatus(provider+"/0", "active", "1 client")
	ours := (<-there).Sub(*sent.Load())

	const class = "com.mongodb.kafka.connect.MongoSinkConnector"
	name := fmt.Sprintf("mongo_r%d_%s", relation, strings.ReplaceAll(s.UUID(), "-", ""))
	config := map[string]string{"connector.class": class, "topics": "t", "connection.uri": "mongodb://127.0.0.1:1", "database": "d"}
	_, err = s.rest(relation).Create(t.Context(), name, config, connect.InitialStopped)
	require.ErrorContains(t, err, "Unable to connect to the server", "the worker made the connector, and that one looked for its database")

	bare, copied := filepath.Join(t.TempDir(), "bare"), filepath.Join(t.TempDir(), "copied")
	require.NoError(t, os.Mkdir(bare, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bare, "plugin.jar"), content, 0o600))
	require.NoError(t, os.CopyFS(copied, os.DirFS(installed)))
	missing, theirs := syncManifests(t, bare)
	assert.Contains(t, missing, "Add "+class)
	left, _ := syncManifests(t, copied)
	assert.Empty(t, left, "the charm has added what Kafka's own tool adds, and nothing else")
	t.Logf("manifests of an 8 MB jar: charm %s from the last byte on, all checks and fsync included; sync-manifests %s; ratio %.3f",
		ours.Round(time.Millisecond), theirs.Round(time.Millisecond), ours.Seconds()/theirs.Seconds())
}

// syncManifests runs Kafka's own tool on one plugin, and returns the changes that it makes.
func syncManifests(t *testing.T, location string) (changes []string, took time.Duration) {
	t.Helper()
	start := time.Now()
	tool := exec.CommandContext(t.Context(), filepath.Join(parts.Kafka.Dir, "bin/connect-plugin-path.sh"),
		"sync-manifests", "--plugin-location", location)
	tool.Dir = t.TempDir()
	said, err := tool.CombinedOutput()
	require.NoError(t, err, string(said))
	for line := range strings.Lines(string(said)) {
		if words := strings.Fields(line); len(words) == 2 && (words[0] == "Add" || words[0] == "Remove") {
			changes = append(changes, strings.Join(words, " "))
		}
	}
	return changes, time.Since(start)
}
