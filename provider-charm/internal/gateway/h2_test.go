package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

// sentWithHTTP2 puts a connector's configuration with a body of this length, or of an unknown one, and gives the status.
func (f *fixture) sentWithHTTP2(t *testing.T, client *http.Client, body io.ReadCloser, length int64) int {
	t.Helper()
	request := f.request(t, f.one, "PUT", "/connectors/a/config", "")
	request.URL.Scheme, request.Body, request.ContentLength = "https", body, length
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	require.Equal(t, 2, response.ProtoMajor)
	return response.StatusCode
}

// TestTheLimitsHoldForHTTP2 has the cases in which HTTP/2 takes another way through net/http.
func TestTheLimitsHoldForHTTP2(t *testing.T) {
	t.Parallel()
	certificate := issue(t, time.Hour)
	client := https(t, certificate)
	t.Run("size", func(t *testing.T) {
		f := start(t, says(200, `{}`), withTLS(t, certificate, false), withConfig(func(c *gateway.Config) { c.MaxBody = 100 }))
		for size, want := range map[int]int{100: 200, 101: 413} {
			body := `{"x":"` + strings.Repeat("y", size-8) + `"}`
			for name, length := range map[string]int64{"whole": int64(size), "in pieces": -1} {
				assert.Equal(t, want, f.sentWithHTTP2(t, client, io.NopCloser(strings.NewReader(body)), length), name)
			}
		}
	})
	t.Run("time", func(t *testing.T) { // apart: also a whole body may come later than its headers, by more than this
		f := start(t, says(200, `{}`), withTLS(t, certificate, false), withConfig(func(c *gateway.Config) {
			c.BodyTimeout = gateway.Duration(100 * time.Millisecond)
		}))
		slow, writer := io.Pipe()
		defer writer.Close()
		assert.Equal(t, http.StatusRequestTimeout, f.sentWithHTTP2(t, client, slow, -1))
		assert.Empty(t, f.taken())
	})
}
