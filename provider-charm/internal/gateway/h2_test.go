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

// TestTheLimitsHoldForHTTP2 has the cases in which HTTP/2 takes another way through net/http.
func TestTheLimitsHoldForHTTP2(t *testing.T) {
	t.Parallel()
	certificate := issue(t, time.Hour)
	f := start(t, says(200, `{}`), withTLS(t, certificate, false), withConfig(func(c *gateway.Config) {
		c.MaxBody, c.BodyTimeout = 100, gateway.Duration(100*time.Millisecond)
	}))
	client := https(t, certificate)
	send := func(body io.ReadCloser, length int64) int {
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
	for size, want := range map[int]int{100: 200, 101: 413} {
		body := `{"x":"` + strings.Repeat("y", size-8) + `"}`
		assert.Equal(t, want, send(io.NopCloser(strings.NewReader(body)), int64(size)))
		assert.Equal(t, want, send(io.NopCloser(strings.NewReader(body)), -1), "in pieces")
	}
	f.taken()
	slow, writer := io.Pipe()
	defer writer.Close()
	assert.Equal(t, http.StatusRequestTimeout, send(slow, -1))
	assert.Empty(t, f.taken())
}
