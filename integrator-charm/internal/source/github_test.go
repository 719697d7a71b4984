package source

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const githubToken = "hunter7_token"

// answers are GitHub's, as testdata/github has them.
func answer(t *testing.T, w http.ResponseWriter, name string, filled ...string) {
	data, err := os.ReadFile(filepath.Join("testdata", "github", name+".http"))
	if !assert.NoError(t, err) {
		return
	}
	head, body, _ := strings.Cut(string(data), "\n\n")
	head = strings.NewReplacer(filled...).Replace(head)
	body = strings.NewReplacer(filled...).Replace(strings.TrimSuffix(body, "\n"))
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head+"\n\n")), nil)
	if !assert.NoError(t, err) {
		return
	}
	maps.Copy(w.Header(), response.Header)
	w.WriteHeader(response.StatusCode)
	_, _ = io.WriteString(w, body)
}

// asDocumented holds a request to what GitHub's documentation asks for.
func asDocumented(t *testing.T, r *http.Request) {
	assert.Equal(t, http.MethodGet, r.Method)
	assert.Equal(t, "application/vnd.github.raw+json", r.Header.Get("Accept"))
	assert.Equal(t, "2022-11-28", r.Header.Get("X-Github-Api-Version"))
	assert.NotEmpty(t, r.Header.Get("User-Agent"))
}

func githubKind(*testing.T) func(t *testing.T) *stand {
	return func(t *testing.T) *stand {
		var document shelf
		server := tlsServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asDocumented(t, r)
			assert.Equal(t, "/api/v3/repos/octo-org/connectors/contents/deploy/state.yaml?ref=main", r.RequestURI)
			text, version, _, there := document.get()
			tag := fmt.Sprintf(`W/"%040x"`, version)
			reset := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
			switch {
			case r.Header.Get("Authorization") == "": // nobody learns that it is there
				answer(t, w, "not-found-404", "{{reset}}", reset)
			case r.Header.Get("Authorization") != "Bearer "+githubToken:
				answer(t, w, "bad-credentials-401")
			case !there:
				answer(t, w, "not-found-404", "{{reset}}", reset)
			case r.Header.Get("If-None-Match") == tag:
				answer(t, w, "contents-304", "{{reset}}", reset, "{{etag}}", tag)
			default:
				answer(t, w, "contents-200", "{{reset}}", reset, "{{etag}}", tag, "{{body}}", text)
			}
		}))
		wire, address := newWire(t, server.URL)
		env := map[string]string{"SOURCE_GITHUB_TOKEN": githubToken, "SOURCE_CA_FILE": authority(t, server)}
		return &stand{
			address: "github://octo-org/connectors/deploy/state.yaml?ref=main&api=" + address + "/api/v3", env: env, wire: wire,
			secrets: append(disguises(githubToken), "hunter4"),
			put:     func(_ *testing.T, text string) { document.set(text) },
			remove:  func(*testing.T) { document.clear() },
			strangers: map[string]stranger{
				"no token":      {env: without(env, "SOURCE_GITHUB_TOKEN")},
				"another token": {env: with(env, "SOURCE_GITHUB_TOKEN", "hunter4")},
				"an unknown CA": {env: without(env, "SOURCE_CA_FILE")},
			},
		}
	}
}

// askGitHub fetches from a server that gives one answer, with a token.
func askGitHub(t *testing.T, handler http.HandlerFunc) (Document, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	env := map[string]string{"SOURCE_GITHUB_TOKEN": githubToken}
	s := &stand{address: "github://octo-org/connectors/deploy/state.yaml?api=" + server.URL, env: env, secrets: disguises(githubToken)}
	document, err := s.fetch(t, "")
	if err != nil {
		s.keepsSecrets(t, err)
	}
	return document, err
}

func TestWhatGitHubRefusesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  Reason
		later   time.Duration // at least, and a minute more at most
		message string
	}{
		"rate-limit-403":      {Busy, 29 * time.Minute, "GitHub's rate limit is reached, and over in"},
		"secondary-limit-403": {Busy, 90 * time.Second, "GitHub's rate limit is reached, and over in 1m30s"},
		"secondary-limit-429": {Busy, time.Minute, "GitHub's rate limit is reached, and over in 1m0s"},
		"not-accessible-403":  {Refused, 0, `GitHub refuses (SOURCE_GITHUB_TOKEN): "Resource not accessible by personal access token"`},
		"bad-credentials-401": {Refused, 0, "GitHub does not know the token (SOURCE_GITHUB_TOKEN); is it complete, and has it not expired?"},
		"not-found-404":       {Gone, 0, "or the token (SOURCE_GITHUB_TOKEN) may not read that repository's contents"},
		"directory-200":       {BadAddress, 0, "is a directory or a submodule; name the file in it"},
	}
	for name, expected := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reset := strconv.FormatInt(time.Now().Add(30*time.Minute).Unix(), 10)
			_, err := askGitHub(t, func(w http.ResponseWriter, r *http.Request) {
				asDocumented(t, r)
				answer(t, w, name, "{{reset}}", reset)
			})
			var failure *Error
			require.ErrorAs(t, err, &failure)
			assert.Equal(t, expected.reason, failure.Reason)
			assert.Contains(t, err.Error(), expected.message)
			assert.GreaterOrEqual(t, failure.Later, expected.later)
			assert.LessOrEqual(t, failure.Later, expected.later+time.Minute)
		})
	}
}

func TestARateLimitIsNotAskedThrough(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	_, err := askGitHub(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		answer(t, w, "secondary-limit-403", "{{reset}}", "0")
	})
	require.Error(t, err)
	assert.Equal(t, int32(1), asked.Load())
}

func TestARepositoryThatWasRenamedIsFollowed(t *testing.T) {
	t.Parallel()
	document, err := askGitHub(t, func(w http.ResponseWriter, r *http.Request) {
		asDocumented(t, r)
		assert.Equal(t, "Bearer "+githubToken, r.Header.Get("Authorization"))
		const moved = "/repositories/1296269/contents/deploy/state.yaml"
		if r.URL.Path == moved {
			answer(t, w, "contents-200", "{{etag}}", `W/"1"`, "{{reset}}", "0", "{{body}}", first)
			return
		}
		answer(t, w, "moved-301", "{{location}}", "http://"+r.Host+moved)
	})
	require.NoError(t, err)
	assert.Equal(t, first, string(document.Data))
}
