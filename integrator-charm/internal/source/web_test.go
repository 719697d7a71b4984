package source

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// web is a server on this machine with one handler, and how to fetch from it.
func web(t *testing.T, handler http.HandlerFunc) *stand {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &stand{address: server.URL + "/state.yaml", env: map[string]string{"SOURCE_HTTPS_TOKEN": bearer}, secrets: disguises(bearer)}
}

func TestAnAnswerThatIsNoDocumentIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer  func(w http.ResponseWriter)
		reason  Reason
		message string
	}{
		"of unknown length":       {raw("HTTP/1.0 200 OK\r\n\r\nconnectors: []"), Unexpected, "does not say how long the file is"},
		"shorter than it says":    {raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nconnectors: []"), Unfinished, "the transfer broke off"},
		"of broken chunks":        {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nconne\r\n"), Unfinished, "broke off"},
		"compressed":              {raw("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx"), Unexpected, "encodes the file"},
		"not HTTP":                {raw("SSH-2.0-OpenSSH_9.2\r\n"), Unreachable, "no connection"},
		"a page with a login":     {html, Unexpected, "a web page, not with a file"},
		"a part":                  {code(http.StatusPartialContent), Unexpected, "206 Partial Content"},
		"nothing":                 {code(http.StatusNoContent), Unexpected, "204 No Content"},
		"a redirect to nowhere":   {code(http.StatusFound), Unexpected, "302 Found"},
		"unchanged, and not said": {code(http.StatusNotModified), Unexpected, "304 Not Modified"},
		"gone":                    {code(http.StatusGone), Gone, "410 Gone"},
		"forbidden":               {code(http.StatusForbidden), Refused, "403 Forbidden"},
		"a fault":                 {code(http.StatusBadGateway), Unreachable, "502 Bad Gateway"},
		"longer than anything":    {raw("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n"), TooLarge, "which no state file is"},
		"without an end":          {endless, TooLarge, "which no state file is"},
	}
	for name, expected := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := web(t, func(w http.ResponseWriter, _ *http.Request) { expected.answer(w) })
			_, err := s.fetch(t, "")
			s.failsFor(t, err, expected.reason)
			assert.ErrorContains(t, err, expected.message)
		})
	}
}

func code(status int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(status) }
}

func html(w http.ResponseWriter) { _, _ = io.WriteString(w, "<!doctype html><title>Sign in</title>") }

func endless(w http.ResponseWriter) {
	for {
		if _, err := io.WriteString(w, strings.Repeat("a", 4096)); err != nil {
			return
		}
	}
}

// raw answers with these bytes and hangs up.
func raw(answer string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(connection, answer)
		_ = connection.Close()
	}
}

func TestAServerThatHasAFaultIsAskedAgain(t *testing.T) {
	t.Parallel()
	for _, fault := range []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		var asked atomic.Int32
		s := web(t, func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) == 1 {
				w.WriteHeader(fault)
				return
			}
			_, _ = io.WriteString(w, first)
		})
		document, err := s.fetch(t, "")
		require.NoError(t, err)
		assert.Equal(t, first, string(document.Data))
	}
}

func TestARefusalIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	for _, refusal := range []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusTeapot} {
		var asked atomic.Int32
		s := web(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.WriteHeader(refusal)
		})
		_, err := s.fetch(t, "")
		require.Error(t, err)
		assert.Equal(t, int32(1), asked.Load())
	}
}

func TestAServerSaysWhenToAskAgain(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]time.Duration{
		"120": 2 * time.Minute, time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat): 2 * time.Minute,
		"": 0, "-5": 0, "soon": 0, "99999999999": 24 * time.Hour, "Mon, 04 Jan 2021 00:00:00 GMT": 0,
	} {
		s := web(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", text)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		_, err := s.fetch(t, "")
		s.failsFor(t, err, Busy)
		var failure *Error
		require.ErrorAs(t, err, &failure)
		assert.InDelta(t, expected, failure.Later, float64(time.Minute), "%q", text)
	}
}

func TestARedirectIsFollowedWithCredentialsOnTheSameServerOnly(t *testing.T) {
	t.Parallel()
	var seen []string
	elsewhere := web(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"), r.Header.Get("Referer"))
		_, _ = io.WriteString(w, first)
	})
	s := web(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		if r.URL.Path == "/state.yaml" {
			http.Redirect(w, r, "/moved.yaml?signature=hunter3", http.StatusFound)
			return
		}
		http.Redirect(w, r, elsewhere.address, http.StatusTemporaryRedirect)
	})
	_, err := s.fetch(t, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"Bearer " + bearer, "Bearer " + bearer, "", ""}, seen)
}

func TestARedirectNeverLeadsToWhereAnybodyReadsAlong(t *testing.T) {
	t.Parallel()
	plain := web(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked for without encryption") })
	for _, target := range []string{plain.address, "http://example.org/state.yaml", "ftp://127.0.0.1/state.yaml"} {
		secure := tlsServer(t, http.RedirectHandler(target, http.StatusFound))
		s := &stand{address: secure.URL + "/state.yaml", env: map[string]string{"SOURCE_CA_FILE": authority(t, secure)}}
		_, err := s.fetch(t, "")
		s.failsFor(t, err, Unexpected)
		require.ErrorContains(t, err, "is not https")
	}
	s := web(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://example.org/", http.StatusFound)
	})
	_, err := s.fetch(t, "")
	s.failsFor(t, err, Unexpected)
}

func TestRedirectsInACircleEnd(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := web(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	})
	_, err := s.fetch(t, "")
	s.failsFor(t, err, Unexpected)
	assert.Equal(t, int32(usualLimits.Redirects+1), asked.Load())
}

func TestAFileThatIsRolledBackIsSeenWithoutAnETag(t *testing.T) {
	t.Parallel()
	var text, modified atomic.Value
	s := web(t, func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "state.yaml", modified.Load().(time.Time), strings.NewReader(text.Load().(string)))
	})
	put := func(what string, at time.Time) {
		text.Store(what)
		modified.Store(at)
	}
	put(second, time.Now().Add(-time.Hour))
	document, err := s.fetch(t, "")
	require.NoError(t, err)
	_, err = s.fetch(t, document.Revision)
	require.ErrorIs(t, err, ErrUnchanged)
	put(first, time.Now().Add(-2*time.Hour))
	document, err = s.fetch(t, document.Revision)
	require.NoError(t, err)
	assert.Equal(t, first, string(document.Data))
}

func TestWhoAsksIsSaidAsSet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	token, password := write("token", "t1\n"), write("password", "p1\r\n")
	cases := map[string]struct {
		userinfo, settings string
		env                map[string]string
		says               string
	}{
		"nobody":                        {says: ""},
		"a token in a variable":         {env: map[string]string{"SOURCE_HTTPS_TOKEN": "t0"}, says: "Bearer t0"},
		"a token in a variable's file":  {env: map[string]string{"SOURCE_HTTPS_TOKEN_FILE": token}, says: "Bearer t1"},
		"a token in the address' file":  {env: map[string]string{"SOURCE_HTTPS_TOKEN": "t0"}, settings: "token-file=" + token, says: "Bearer t1"},
		"a password in a file":          {settings: "user=me&password-file=" + password, says: "Basic bWU6cDE="},
		"a token as a user's password":  {settings: "user=me&token-file=" + token, says: "Basic bWU6dDE="},
		"user and password in the URL":  {userinfo: "me:p1@", env: map[string]string{"SOURCE_HTTPS_TOKEN": "t0"}, says: "Basic bWU6cDE="},
		"a user and a password by name": {env: map[string]string{"SOURCE_HTTPS_USER": "me", "SOURCE_HTTPS_PASSWORD": "p1"}, says: "Basic bWU6cDE="},
	}
	for name, who := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := web(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = fmt.Fprintf(w, "%q", r.Header.Get("Authorization"))
			})
			s.address = strings.Replace(s.address, "http://", "http://"+who.userinfo, 1) + "#" + who.settings
			s.env = who.env
			document, err := s.fetch(t, "")
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprintf("%q", who.says), string(document.Data))
		})
	}
}

func TestASecretThatIsReplacedCountsAtOnce(t *testing.T) {
	t.Parallel()
	s := web(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get("Authorization")) })
	file := filepath.Join(t.TempDir(), "token")
	s.env = map[string]string{"SOURCE_HTTPS_TOKEN_FILE": file}
	from := s.source(t, s.limits())
	for _, text := range []string{"one", "two"} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		document, err := from.Fetch(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, "Bearer "+text, string(document.Data))
	}
}

func TestASecretThatCannotBeReadSaysWhere(t *testing.T) {
	t.Parallel()
	s := web(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked without the secret") })
	dir := t.TempDir()
	twoLines := filepath.Join(dir, "lines")
	require.NoError(t, os.WriteFile(twoLines, []byte("hunter2\nhunter3\n"), 0o600))
	for file, message := range map[string]string{
		filepath.Join(dir, "missing"): "(" + filepath.Join(dir, "missing") + ") cannot be read: no such file or directory",
		dir:                           "is no file of less than 1 MiB",
		"/dev/zero":                   "is no file of less than 1 MiB",
		"/dev/null":                   "is no file of less than 1 MiB",
		twoLines:                      "SOURCE_HTTPS_TOKEN_FILE has no text of one line in it",
	} {
		s.env = map[string]string{"SOURCE_HTTPS_TOKEN_FILE": file}
		s.secrets = []string{"hunter2"}
		_, err := s.fetch(t, "")
		s.failsFor(t, err, BadSettings)
		require.ErrorContains(t, err, message)
	}
	s.env = map[string]string{"SOURCE_CA_FILE": twoLines}
	_, err := s.fetch(t, "")
	s.failsFor(t, err, BadSettings)
	require.ErrorContains(t, err, "has no certificate in it")
}
