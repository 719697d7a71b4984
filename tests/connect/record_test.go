package connect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder stands before workers and notes what they answer.
type recorder struct {
	mu       sync.Mutex
	requests []request
}

type request struct {
	endpoint int
	method   string
	path     string
	direct   bool // forward=false
	status   int
	message  string // of an error
}

// before gives an endpoint that notes what the worker at target answers.
func (r *recorder) before(t *testing.T, endpoint int, target string) string {
	t.Helper()
	parsed, err := url.Parse(target)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(out *httputil.ProxyRequest) { out.SetURL(parsed) },
		ModifyResponse: func(response *http.Response) error { return r.note(endpoint, response) },
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

func (r *recorder) note(endpoint int, response *http.Response) error {
	asked := response.Request
	one := request{
		endpoint: endpoint, method: asked.Method, path: asked.URL.Path, direct: asked.URL.Query().Get("forward") == "false", status: response.StatusCode,
	}
	if response.StatusCode >= http.StatusBadRequest {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return err
		}
		response.Body = io.NopCloser(bytes.NewReader(body))
		var said struct{ Message string }
		_ = json.Unmarshal(body, &said)
		one.message = said.Message
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, one)
	return nil
}

// taken gives what was noted since it was called last.
func (r *recorder) taken() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.requests
	r.requests = nil
	return taken
}

// tally counts answers by method and kind of error; of a message it takes what comes before a name.
func tally(requests []request) string {
	counts := map[string]int{}
	for _, one := range requests {
		kind := fmt.Sprintf("%s %d %.60s", one.method, one.status, one.message)
		if one.direct {
			kind = "direct " + kind
		}
		counts[strings.TrimSpace(kind)]++
	}
	var all []string
	for kind, count := range counts {
		all = append(all, fmt.Sprintf("%5d %s", count, kind))
	}
	slices.Sort(all)
	return "\n" + strings.Join(all, "\n")
}
