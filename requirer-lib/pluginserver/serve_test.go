package pluginserver_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/pluginserver"
)

var quiet = slog.New(slog.DiscardHandler)

func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plugin.tar.gz")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func sum(content string) string {
	digest := sha256.Sum256([]byte(content))
	return hex.EncodeToString(digest[:])
}

// ask sends one request; header is name and value.
func ask(t *testing.T, file, method, path string, header ...string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(method, path, nil)
	if len(header) == 2 {
		request.Header.Set(header[0], header[1])
	}
	recorder := httptest.NewRecorder()
	pluginserver.Handler(file, quiet).ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content)
}

func TestTheFileIsServedWholeAndInParts(t *testing.T) {
	t.Parallel()
	file := write(t, "0123456789")
	whole := ask(t, file, http.MethodGet, pluginserver.Path)
	assert.Equal(t, http.StatusOK, whole.StatusCode)
	assert.Equal(t, "10", whole.Header.Get("Content-Length"))
	assert.Equal(t, `"`+sum("0123456789")+`"`, whole.Header.Get("ETag"))
	assert.Equal(t, "0123456789", body(t, whole))

	head := ask(t, file, http.MethodHead, pluginserver.Path)
	assert.Equal(t, "10", head.Header.Get("Content-Length"))
	assert.Empty(t, body(t, head))

	part := ask(t, file, http.MethodGet, pluginserver.Path, "Range", "bytes=4-6")
	assert.Equal(t, http.StatusPartialContent, part.StatusCode)
	assert.Equal(t, "456", body(t, part))

	same := ask(t, file, http.MethodGet, pluginserver.Path, "If-None-Match", `"`+sum("0123456789")+`"`)
	assert.Equal(t, http.StatusNotModified, same.StatusCode)
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	file := write(t, "secret neighbours")
	for _, request := range [][2]string{
		{http.MethodGet, "/"},
		{http.MethodGet, "/api/v1/"},
		{http.MethodGet, pluginserver.Path + "/"},
		{http.MethodGet, "/api/v1//plugin"},
		{http.MethodGet, pluginserver.Path + "/../../../etc/passwd"},
		{http.MethodGet, "/api/v1/Plugin"},
		{http.MethodPost, pluginserver.Path},
		{http.MethodPut, pluginserver.Path},
		{http.MethodDelete, pluginserver.Path},
	} {
		response := ask(t, file, request[0], request[1])
		assert.Equal(t, http.StatusNotFound, response.StatusCode, request)
		assert.NotContains(t, body(t, response), "secret")
	}
}

func TestANewFileIsServedAtOnce(t *testing.T) {
	t.Parallel()
	file := write(t, "first")
	server := httptest.NewServer(pluginserver.Handler(file, quiet))
	t.Cleanup(server.Close)
	for _, content := range []string{"first", "other", "third and longer"} {
		require.NoError(t, os.WriteFile(file+".new", []byte(content), 0o600))
		require.NoError(t, os.Rename(file+".new", file))
		response, err := http.Get(server.URL + pluginserver.Path)
		require.NoError(t, err)
		assert.Equal(t, content, body(t, response))
		assert.Equal(t, `"`+sum(content)+`"`, response.Header.Get("ETag"))
		require.NoError(t, response.Body.Close())
	}
}

func TestAFileThatIsGoneIsNotAPlugin(t *testing.T) {
	t.Parallel()
	for _, file := range []string{filepath.Join(t.TempDir(), "gone"), t.TempDir()} {
		response := ask(t, file, http.MethodGet, pluginserver.Path)
		assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
		assert.NotEmpty(t, response.Header.Get("Retry-After"))
		assert.Contains(t, body(t, response), "the plugin's file")
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	address := freeAddress()
	ended := make(chan error, 1)
	go func() {
		ended <- pluginserver.Serve(ctx, pluginserver.Config{Listen: address, File: write(t, "plugin")}, quiet)
	}()
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + address + pluginserver.Path)
		return err == nil && response.Body.Close() == nil
	}, patience, tick)
	err := pluginserver.Serve(t.Context(), pluginserver.Config{Listen: address}, quiet)
	require.ErrorContains(t, err, "address already in use")
	stop()
	require.NoError(t, <-ended)
}

var addresses atomic.Int32

// freeAddress is a loopback address that no other test of this machine uses.
func freeAddress() string {
	return fmt.Sprintf("127.7.%d.%d:8080", 1+os.Getpid()%250, addresses.Add(1))
}

func TestTheDigestIsRememberedWhileTheFileIsTheSame(t *testing.T) {
	t.Parallel()
	file, cache := write(t, "first"), filepath.Join(t.TempDir(), "digest.json")
	digest := func() string {
		text, err := pluginserver.Digest(file, cache)
		require.NoError(t, err)
		return text
	}
	require.Equal(t, sum("first"), digest())

	info, err := os.Stat(file)
	require.NoError(t, err)
	overwrite(t, file, "other")
	require.NoError(t, os.Chtimes(file, info.ModTime(), info.ModTime()))
	assert.Equal(t, sum("first"), digest(), "it was not read: size, time and inode are what they were")

	overwrite(t, file, "longer")
	assert.Equal(t, sum("longer"), digest())
	require.NoError(t, os.WriteFile(cache, []byte("damaged"), 0o600))
	assert.Equal(t, sum("longer"), digest())

	_, err = pluginserver.Digest(filepath.Join(t.TempDir(), "gone"), cache)
	assert.ErrorContains(t, err, "gone")
}

func overwrite(t *testing.T, file, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
}
