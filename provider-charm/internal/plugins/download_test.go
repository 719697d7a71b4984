package plugins

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serveRaw answers every request with these bytes and closes the connection.
func serveRaw(t *testing.T, answer string) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		_, _ = io.WriteString(connection, answer)
		_ = connection.Close()
	})
}

// nobody is a URL at which nobody listens.
const nobody = "http://127.0.0.1:1/plugin"

func TestInstallNeedsAnHTTPURL(t *testing.T) {
	t.Parallel()
	for given, says := range map[string]string{
		"":                               "does not begin with http",
		"plugin.tar.gz":                  "does not begin with http",
		"NOT-REQUIRED":                   "does not begin with http",
		"/srv/plugin.tar.gz":             "does not begin with http",
		"file:///srv/plugin.tar.gz":      "file is not supported",
		"ftp://host/plugin.tar.gz":       "ftp is not supported",
		"http:///plugin.tar.gz":          "names no host",
		"http://:8080/plugin.tar.gz":     "names no host",
		"mailto:secret@example.org":      "mailto is not supported",
		"http://me:secret@host:x/":       "not a URL",
		"http://host/%zz?token=secret":   "not a URL",
		"http://ho st/":                  "not a URL",
		strings.Repeat("s", 300) + "://": "is not supported",
	} {
		store := openStore(t)
		_, err := install(t, store, given)
		failure := requireFailure(t, store, err, BadURL)
		assert.Contains(t, failure.Error(), says, given)
		assert.NotContains(t, failure.Error(), "secret")
		assert.False(t, failure.Temporary())
	}
}

func TestInstallSaysWhichStatusTheServerAnswered(t *testing.T) {
	t.Parallel()
	for status, temporary := range map[int]bool{
		201: false, 204: false, 206: false, 300: false, 304: false, 400: false, 401: false, 403: false, 404: true,
		405: false, 408: true, 410: false, 425: true, 429: true, 500: true, 502: true, 503: true, 504: true, 599: true,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			_, err := install(t, store, serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
			failure := requireFailure(t, store, err, BadStatus)
			assert.Equal(t, status, failure.Status)
			assert.Equal(t, temporary, failure.Temporary())
			assert.Contains(t, failure.Error(), fmt.Sprintf("/api/v1/plugin: the server answers %d", status))
		})
	}
}

func TestInstallFollowsRedirectsAsThePeersServersSendThem(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		got, err := install(t, openStore(t), serve(t, func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, http.MethodGet, r.Method)
			if !strings.HasSuffix(r.URL.Path, "/") {
				http.Redirect(w, r, r.URL.Path+"/", status)
				return
			}
			_, _ = w.Write(body)
		}))
		require.NoError(t, err)
		assert.Equal(t, sumOf(body), got.Digest)
	}
}

func TestInstallRefusesUnsafeRedirects(t *testing.T) {
	t.Parallel()
	to := func(location string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		}
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		says    string
	}{
		{"to itself", to("/api/v1/plugin"), "in a loop"},
		{"back and forth", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, map[string]string{"/api/v1/plugin": "/b", "/b": "/api/v1/plugin"}[r.URL.Path], http.StatusFound)
		}, "in a loop"},
		{"without end", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) }, "more than 5 redirects"},
		{"to a file", to("file:///etc/passwd"), "file is not supported"},
		{"to no host", to("http:///plugin"), "names no host"},
		{"to no URL", to("http://me:hunter2@%zz/?token=hunter2"), "not a URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			_, err := install(t, store, serve(t, c.handler))
			failure := requireFailure(t, store, err, BadRedirect)
			assert.Contains(t, failure.Error(), c.says)
			assert.NotContains(t, failure.Error(), "hunter2")
			assert.False(t, failure.Temporary())
		})
	}
}

func TestInstallFollowsNoRedirectWhenToldSo(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
	_, err := store.Install(t.Context(), Source{URL: url}, Limits{Redirects: -1})
	assert.Contains(t, requireFailure(t, store, err, BadRedirect).Error(), "more than 0 redirects")
}

func TestInstallVerifiesTLSAndStaysOnIt(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	plain := serveBytes(t, body)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Redirect(w, r, plain, http.StatusFound)
			return
		}
		_, _ = w.Write(body)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it logs the refused handshake
	server.StartTLS()
	t.Cleanup(server.Close)

	strict := openStore(t)
	_, err := install(t, strict, server.URL)
	failure := requireFailure(t, strict, err, Untrusted)
	assert.Contains(t, failure.Error(), "unknown authority")
	assert.False(t, failure.Temporary())

	trusting := openStore(t)
	trusting.transport = server.Client().Transport
	_, err = install(t, trusting, server.URL+"/down")
	assert.Contains(t, requireFailure(t, trusting, err, BadRedirect).Error(), "from https to http")
	got, err := install(t, trusting, server.URL)
	require.NoError(t, err)
	assert.Equal(t, sumOf(body), got.Digest)

	_, err = install(t, strict, strings.Replace(plain, "http://", "https://", 1))
	assert.Contains(t, requireFailure(t, strict, err, Unreachable).Error(), "does not speak TLS")
}

func TestInstallSaysThatTheServerIsUnreachable(t *testing.T) {
	t.Parallel()
	deaf := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no route to the DNS server")
	}}
	noDNS := &http.Transport{DialContext: (&net.Dialer{Resolver: deaf}).DialContext}
	for _, c := range []struct {
		name, url string
		transport http.RoundTripper
		says      string
	}{
		{"nobody listens", nobody, nil, "connection refused"},
		{"no DNS", "http://plugins.example/x", noDNS, "DNS gives no answer"},
		{"not HTTP", serveRaw(t, "SSH-2.0-OpenSSH_9.6\r\n"), nil, "not usable HTTP"},
		{"endless headers", serveRaw(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 2*longestHeaders)+"\r\n\r\n"), nil, "not usable HTTP"},
		{"nothing", serveRaw(t, ""), nil, "without an answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			store.transport = c.transport
			_, err := install(t, store, c.url)
			failure := requireFailure(t, store, err, Unreachable)
			assert.Contains(t, failure.Error(), c.says)
			assert.True(t, failure.Temporary())
		})
	}
}

func TestUnknownHostIsToldFromSilentDNS(t *testing.T) {
	t.Parallel()
	failure := networkError(t.Context(), DefaultLimits(), &net.DNSError{Err: "no such host", Name: "x.example", IsNotFound: true})
	assert.Equal(t, Unreachable, failure.Reason)
	assert.ErrorContains(t, failure, "not known to DNS")
}

func TestInstallTellsACutConnectionFromACutFile(t *testing.T) {
	t.Parallel()
	tarball := string(pluginTar(t))
	for name, answer := range map[string]string{
		"shorter than Content-Length": fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(tarball), tarball[:2000]),
		"only the end is missing":     fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(tarball), tarball[:len(tarball)-1]),
		"chunks gone wrong":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
		"chunks without an end":       fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(tarball), tarball),
		"no length, in an entry":      "HTTP/1.0 200 OK\r\n\r\n" + tarball[:1600],
		"no length, between entries":  "HTTP/1.0 200 OK\r\n\r\n" + tarball[:1024],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			_, err := install(t, store, serveRaw(t, answer))
			assert.True(t, requireFailure(t, store, err, CutShort).Temporary())
		})
	}
}

func TestInstallWaitsForNoByteLongerThanStall(t *testing.T) {
	t.Parallel()
	tarball := pluginTar(t)
	hang := func(start []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if start != nil {
				_, _ = w.Write(start)
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"before the headers":        hang(nil),
		"before the body":           hang([]byte{}),
		"in the body":               hang(tarball[:2000]),
		"after the archive's end":   hang(tarball),
		"in the body of a redirect": redirectThenHang,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			_, err := store.Install(t.Context(), Source{URL: serve(t, handler)}, Limits{Stall: 100 * time.Millisecond})
			failure := requireFailure(t, store, err, TooSlow)
			assert.Contains(t, failure.Error(), "sent nothing for 100ms")
			assert.True(t, failure.Temporary())
		})
	}
}

func redirectThenHang(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/next" {
		w.Header().Set("Location", "/next")
		w.WriteHeader(http.StatusFound)
	}
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func TestInstallEndsADripAtTotal(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	})
	_, err := store.Install(t.Context(), Source{URL: url}, Limits{Stall: time.Minute, Total: 150 * time.Millisecond})
	failure := requireFailure(t, store, err, TooSlow)
	assert.Contains(t, failure.Error(), "not installed within 150ms")
	assert.True(t, failure.Temporary())
}

func TestInstallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := store.Install(ctx, Source{URL: url}, Limits{})
	assert.True(t, requireFailure(t, store, err, Canceled).Temporary())
	assert.ErrorIs(t, err, context.Canceled)
}

func TestInstallRefusesAnEncodingItDidNotAskFor(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	_, err := install(t, store, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		_, _ = w.Write([]byte("anything"))
	}))
	assert.Contains(t, requireFailure(t, store, err, NotArchive).Error(), `encoded it as "br"`)
}

func TestSecretsOfAURLGoToItsServerOnly(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Authorization"))
		assert.Empty(t, r.Header.Get("Referer"))
		_, _ = w.Write(body)
	})
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		assert.Equal(t, "me hunter2 hunter2", user+" "+password+" "+r.FormValue("token"))
		if r.URL.Path == "/again" {
			http.Redirect(w, r, other, http.StatusTemporaryRedirect)
			return
		}
		http.Redirect(w, r, "http://"+r.Host+"/again?token=hunter2", http.StatusTemporaryRedirect)
	})
	_, err := install(t, openStore(t), strings.Replace(first, "://", "://me:hunter2@", 1)+"?token=hunter2#hunter2")
	require.NoError(t, err)
}

func TestErrorsNeverShowTheSecretsOfAURL(t *testing.T) {
	t.Parallel()
	secret := func(plain string) string {
		return strings.Replace(plain, "://", "://me:hunter2@", 1) + "?hunter2&token=hunter2#hunter2"
	}
	html := badArchives(t)[3].body
	for name, url := range map[string]string{
		"refused": nobody,
		"404":     serve(t, http.NotFound),
		"html":    serveBytes(t, html),
		"cut":     serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"),
		"silent":  serveRaw(t, ""),
		"echo":    serveRaw(t, "GET /?token=hunter2 HTTP/1.1\r\n\r\n"),
		"header":  serveRaw(t, "HTTP/1.1 200 OK\r\ntoken hunter2\r\n\r\n"),
		"text":    serveBytes(t, []byte("no such file: /?token=hunter2")),
	} {
		store := openStore(t)
		_, err := store.Install(t.Context(), Source{URL: secret(url)}, Limits{})
		require.Error(t, err, name)
		for ; err != nil; err = errors.Unwrap(err) {
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "hunter2", name)
		}
	}
}

func TestErrorNamesTheURLWhenThereIsRoomAndElseTheHost(t *testing.T) {
	t.Parallel()
	long, err := url.Parse("https://artifacts.example.org/" + strings.Repeat("deep/", 30) + "plugin.tar.gz?signature=x")
	require.NoError(t, err)
	assert.Equal(t, "plugin artifacts.example.org: no jar inside", asInstallError(redact(long), failed(NoJar, "no jar inside")).Error())
	short, err := url.Parse("https://example.org/p.tar.gz?x=y")
	require.NoError(t, err)
	assert.Equal(t, "plugin https://example.org/p.tar.gz?…: no jar inside", asInstallError(redact(short), failed(NoJar, "no jar inside")).Error())
	noisy := asInstallError("http://"+strings.Repeat("h", 253)+"/", failed(Unreachable, "line\nline %s", strings.Repeat("é", 200)))
	message, err := bufio.NewReader(strings.NewReader(noisy.Error() + "\n")).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, 121, len([]rune(message)))
	assert.Contains(t, message, "line line")
}
