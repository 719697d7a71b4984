// Package served asks a connect-manager serve that runs, over HTTP, as somebody with a token.
package served

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Somebody is who asks, and where.
type Somebody struct{ URL, Token string }

// Ask sends a request; the whole header Authorization is the token, and other headers are "Name: value". It asks again while the
// manager says that the cluster has not answered it: on a busy machine a worker may stand still for longer than the manager waits.
func (s Somebody) Ask(t *testing.T, method, path, body string, headers ...string) (status int, answer string) {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); ; <-again.C {
		status, answer = s.once(t, method, path, body, headers)
		if status != http.StatusBadGateway || time.Now().After(deadline) {
			return status, answer
		}
	}
}

// patience is how long a cluster may not answer.
const patience = time.Minute

func (s Somebody) once(t *testing.T, method, path, body string, headers []string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", s.Token)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}

// Get reads a document.
func Get[T any](t *testing.T, s Somebody, path string) (document T) {
	t.Helper()
	status, answer := s.Ask(t, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, status, answer)
	require.NoError(t, json.Unmarshal([]byte(answer), &document))
	return document
}
