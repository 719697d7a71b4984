package page_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/page"
	"connectcharms/requirer-lib/connection"
)

func ask(t *testing.T, method, path string, headers map[string]string) *http.Response {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	page.Handler().ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

var address = regexp.MustCompile(`(?:href|src)="([^"#]+)"`)

func TestEachFileThatThePageNamesIsServedToBeKept(t *testing.T) {
	t.Parallel()
	index := body(t, ask(t, http.MethodGet, "/", nil))
	named := map[string]bool{}
	for _, found := range address.FindAllStringSubmatch(index, -1) {
		named[filepath.Base(found[1])] = true
		answer := ask(t, http.MethodGet, found[1], nil)
		require.Equal(t, http.StatusOK, answer.StatusCode, found[1])
		assert.Contains(t, answer.Header.Get("Cache-Control"), "immutable", found[1])
		assert.NotEmpty(t, answer.Header.Get("Content-Type"), found[1])
	}
	files, err := os.ReadDir("assets")
	require.NoError(t, err)
	for _, file := range files {
		assert.True(t, file.Name() == "index.html" || named[file.Name()], "%s is not used", file.Name())
	}
}

func TestAPageThatIsKeptIsNotSentAgain(t *testing.T) {
	t.Parallel()
	first := ask(t, http.MethodGet, "/", nil)
	tag := first.Header.Get("ETag")
	assert.Equal(t, "no-cache", first.Header.Get("Cache-Control"))
	for _, asked := range []string{tag, "W/" + tag, `"another", ` + tag} {
		again := ask(t, http.MethodGet, "/", map[string]string{"If-None-Match": asked})
		assert.Equal(t, http.StatusNotModified, again.StatusCode, asked)
		assert.Empty(t, body(t, again))
	}
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, "/", map[string]string{"If-None-Match": `"another"`}).StatusCode)
}

func TestOnlyThePagesOwnFilesAreServed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/index.html", "/assets/", "/assets/main.js", "/assets/0000000000000000/main.js", "/assets/..%2fpage.go", "/elsewhere",
	} {
		assert.Equal(t, http.StatusNotFound, ask(t, http.MethodGet, path, nil).StatusCode, path)
	}
	assert.Equal(t, http.StatusMethodNotAllowed, ask(t, http.MethodPost, "/", nil).StatusCode)
	assert.Empty(t, body(t, ask(t, http.MethodHead, "/", nil)))
}

func TestNoOthersCodeRunsInThePage(t *testing.T) {
	t.Parallel()
	answer := ask(t, http.MethodGet, "/", nil)
	policy := answer.Header.Get("Content-Security-Policy")
	for _, rule := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'",
	} {
		assert.Contains(t, policy, rule)
	}
	assert.NotContains(t, policy, "unsafe")
	assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))

	index := body(t, answer)
	assert.NotRegexp(t, `<script(?: [^>]*)?>[^<]`, index, "a script in the page")
	assert.NotRegexp(t, `<style|\sstyle=|\son[a-z]+=`, index, "style or handlers in the page")
	assert.NotContains(t, index, "//", "another server's file")
}

// What a browser would read as markup or code. The policy refuses it too, but only where the browser knows that policy.
var risky = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc|https?://`)

func TestScriptsMakeNoMarkupOfText(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("assets/*.js")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		require.NoError(t, err)
		code := strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", "")
		assert.Empty(t, risky.FindAllString(code, -1), script)
	}
}

// The page puts first what needs somebody, by the rule of package connection.
func TestThePageOrdersStatesByTheirUrgency(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("assets/systems.js")
	require.NoError(t, err)
	pictures := regexp.MustCompile(`const pictures = \{(.*)\};`).FindSubmatch(script)
	require.NotNil(t, pictures)
	var shown []connection.State
	for _, found := range regexp.MustCompile(`(\w+):`).FindAllSubmatch(pictures[1], -1) {
		shown = append(shown, connection.State(strings.ToUpper(string(found[1]))))
	}
	assert.ElementsMatch(t, connection.States, shown)
	assert.True(t, slices.IsSortedFunc(shown, func(a, b connection.State) int { return a.Urgency() - b.Urgency() }), "%v", shown)
}
