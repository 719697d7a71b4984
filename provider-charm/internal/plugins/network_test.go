package plugins

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/secret"
)

func TestTheLongestPrefixOfAMirrorWins(t *testing.T) {
	t.Parallel()
	mirrors, err := ParseMirrors(`
		# the whole of it, and one part that is elsewhere
		https://repo.example/maven2       https://mirror.example:8443/all
		https://repo.example/maven2/io/   http://10.0.0.1/io/
	`)
	require.NoError(t, err)
	for given, want := range map[string]string{
		"https://repo.example/maven2":                  "https://mirror.example:8443/all",
		"https://repo.example/maven2/org/x.tar.gz":     "https://mirror.example:8443/all/org/x.tar.gz",
		"https://repo.example/maven2?x=y":              "https://mirror.example:8443/all?x=y",
		"HTTPS://Repo.Example/maven2/org/x%20y.tar.gz": "https://mirror.example:8443/all/org/x%20y.tar.gz",
		"https://repo.example/maven2/io/x.zip?a=b":     "http://10.0.0.1/io/x.zip?a=b",
		"https://me:hunter2@repo.example/maven2/x.zip": "https://mirror.example:8443/all/x.zip",
		"https://repo.example/maven2.evil/x":           "https://repo.example/maven2.evil/x",
		"http://repo.example/maven2/x":                 "http://repo.example/maven2/x",
		"https://me:hunter2@elsewhere.example/x":       "https://me:hunter2@elsewhere.example/x",
	} {
		source, err := url.Parse(given)
		require.NoError(t, err)
		got, err := Network{Mirrors: mirrors}.mirrored(source)
		require.NoError(t, err)
		assert.Equal(t, want, got.String())
	}
}

func TestAMirrorIsAskedInsteadOfTheServer(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	mirror := Mirror{From: "https://plugins.example/", To: serveBytes(t, body) + "/"}
	got, err := openStore(t).Install(t.Context(), Source{URL: "https://plugins.example/a.tar", Network: Network{Mirrors: []Mirror{mirror}}}, Limits{})
	require.NoError(t, err)
	assert.Equal(t, sumOf(body), got.Digest)

	mirror.To = nobody
	_, err = openStore(t).Install(t.Context(), Source{URL: "https://plugins.example/a.tar", Network: Network{Mirrors: []Mirror{mirror}}}, Limits{})
	assert.ErrorContains(t, err, "127.0.0.1", "the error names who was asked")
}

func TestNetworkOptionsSayWhatIsWrongAndNeverRepeatASecret(t *testing.T) {
	t.Parallel()
	mirror := func(text string) error { _, err := ParseMirrors(text); return err }
	proxy := func(text string) error { _, err := ParseProxy(text); return err }
	roots := func(text string) error { _, err := ParseRoots(text); return err }
	for _, c := range []struct {
		parse       func(string) error
		given, says string
	}{
		{mirror, "https://a.example/", "line 1 is not two URLs"},
		{mirror, "\nhttps://a.example/ ftp://b.example/", "line 2: not an http or https URL"},
		{mirror, "https://a.example/ https://me:hunter2@b.example/", "plugin-credentials"},
		{mirror, "https://a.example/?token=hunter2 https://b.example/", "has a query"},
		{proxy, "hunter2", "not a proxy's URL"},
		{proxy, "socks5://me:hunter2@proxy.example", "not a proxy's URL"},
		{proxy, "http://proxy.example/path", "not a proxy's URL"},
		{roots, "hunter2", "not PEM"},
		{roots, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "no certificate"},
		{roots, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", `"PRIVATE KEY"`},
	} {
		err := c.parse(c.given)
		require.ErrorContains(t, err, c.says, c.given)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	for _, parse := range []func(string) error{mirror, proxy, roots} {
		require.NoError(t, parse(""))
	}
}

// tlsServer is an https server with an authority of its own, in PEM.
func tlsServer(t *testing.T, handler http.HandlerFunc) (address, authority string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it logs refused handshakes
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestAnAuthorityOfTheOperatorsIsTrusted(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	address, authority := tlsServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	roots, err := ParseRoots("\n" + authority + "\n")
	require.NoError(t, err)
	_, err = install(t, openStore(t), address)
	require.ErrorContains(t, err, "unknown authority")
	_, err = openStore(t).Install(t.Context(), Source{URL: address, Network: Network{Roots: roots}}, Limits{})
	require.NoError(t, err)
}

// proxyServer is a proxy that sends every request, and every tunnel, to one server.
func proxyServer(t *testing.T, to http.HandlerFunc) *url.URL {
	t.Helper()
	proxy, err := url.Parse(serve(t, to))
	require.NoError(t, err)
	return &url.URL{Scheme: proxy.Scheme, Host: proxy.Host, User: url.UserPassword("me", "hunter2")}
}

func TestAProxyIsAskedForWhatIsElsewhere(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	proxy := proxyServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		assert.Equal(t, "http://plugins.example/a.tar", r.URL.String())
		assert.Equal(t, "Basic bWU6aHVudGVyMg==", r.Header.Get("Proxy-Authorization"))
		_, _ = w.Write(body)
	})
	through := func(proxy *url.URL, from string) error {
		_, err := openStore(t).Install(t.Context(), Source{URL: from, Network: Network{Proxy: proxy}}, Limits{})
		return err
	}
	require.NoError(t, through(proxy, "http://plugins.example/a.tar"))
	require.NoError(t, through(proxy, serveBytes(t, body)), "this machine itself is not asked for through a proxy")
	require.ErrorContains(t, through(proxy, "https://plugins.example/a.tar"), "the proxy answers 407")

	away, err := url.Parse(nobody)
	require.NoError(t, err)
	away.Path, away.User = "", proxy.User
	err = through(away, "http://plugins.example/a.tar")
	require.ErrorContains(t, err, "no connection to the proxy")
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestJujusProxyIsTaken(t *testing.T) {
	body := pluginTar(t)
	proxy := proxyServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	t.Setenv("JUJU_CHARM_HTTP_PROXY", proxy.String())
	t.Setenv("JUJU_CHARM_NO_PROXY", "direct.example")
	_, err := install(t, openStore(t), "http://plugins.example/a.tar")
	require.NoError(t, err)
	_, err = install(t, openStore(t), "http://direct.example:1/a.tar")
	require.Error(t, err)
}

func credentials(t *testing.T, keysAndValues ...string) *Credentials {
	t.Helper()
	parsed, err := ParseCredentials(content(keysAndValues...))
	require.NoError(t, err)
	return parsed
}

func content(keysAndValues ...string) map[string]secret.Value {
	content := map[string]secret.Value{}
	for i := 0; i < len(keysAndValues); i += 2 {
		content[keysAndValues[i]] = secret.New(keysAndValues[i+1])
	}
	return content
}

func TestCredentialsGoToTheHostsThatTheyAreForOnly(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	var seen []string
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Authorization")+r.Header.Get("X-Api-Key"), "a redirect takes no credentials along")
		_, _ = w.Write(body)
	})
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization")+r.Header.Get("X-Api-Key"))
		if r.URL.Path == "/api/v1/plugin" {
			http.Redirect(w, r, "/again", http.StatusFound)
			return
		}
		http.Redirect(w, r, other, http.StatusFound)
	})
	host := hostOf(first)
	for _, c := range []struct {
		credentials *Credentials
		want        string
	}{
		{credentials(t, "hosts", "x.example, "+host, "username", "me", "password", "hunter2"), "Basic bWU6aHVudGVyMg=="},
		{credentials(t, "hosts", "127.0.0.1", "token", "hunter2"), "Bearer hunter2"},
		{credentials(t, "hosts", host, "header-name", "X-Api-Key", "header-value", "hunter2"), "hunter2"},
		{credentials(t, "hosts", "127.0.0.1:1", "token", "hunter2"), ""},
	} {
		seen = nil
		_, err := openStore(t).Install(t.Context(), Source{URL: first, Network: Network{Credentials: c.credentials}}, Limits{})
		require.NoError(t, err)
		assert.Equal(t, []string{c.want, c.want}, seen)
	}
}

func TestCredentialsAreNotSentInClear(t *testing.T) {
	t.Parallel()
	asked := false
	proxy := proxyServer(t, func(http.ResponseWriter, *http.Request) { asked = true })
	network := Network{Proxy: proxy, Credentials: credentials(t, "hosts", "plugins.example", "token", "hunter2")}
	store := openStore(t)
	_, err := store.Install(t.Context(), Source{URL: "http://Plugins.example/a.tar", Network: network}, Limits{})
	failure := requireFailure(t, store, err, BadURL)
	assert.Contains(t, failure.Error(), "not sent over http")
	assert.False(t, asked)
}

func TestCredentialsSayWhatIsWrongWithThemAndNothingElse(t *testing.T) {
	t.Parallel()
	for says, given := range map[string][]string{
		"hosts is missing":       {"token", "hunter2"},
		"no host or host:port":   {"hosts", "https://hunter2/", "token", "hunter2"},
		"it needs username":      {"hosts", "a.example"},
		"it needs username and":  {"hosts", "a.example", "username", "hunter2"},
		"it needs username and ": {"hosts", "a.example", "username", "hunter2", "password", "hunter2", "token", "hunter2"},
		"is not known":           {"hosts", "a.example", "tokens", "hunter2"},
		"cannot be set":          {"hosts", "a.example", "header-name", "Host", "header-value", "hunter2"},
		"cannot be set on":       {"hosts", "a.example", "header-name", "A B", "header-value", "hunter2"},
		"such as a line break":   {"hosts", "a.example", "token", "hunter2\r\nX: y"},
	} {
		_, err := ParseCredentials(content(given...))
		require.ErrorContains(t, err, strings.TrimSpace(says))
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// Wherever a server redirects to, nobody can read along who could not before, and no other server gets the URL's password.
func FuzzRedirects(f *testing.F) {
	for _, location := range []string{"/b", "//evil.example/b", "http://a.example/", "https://u:p@b.example/", "https://a.example@evil.example/", "ftp://x", "%", "https://A.EXAMPLE/", "\\\\evil.example"} {
		f.Add(location)
	}
	from, err := url.Parse("https://reader:hunter2@a.example/plugin.tgz")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, location string) {
		next, err := nextSource(from, location)
		if err != nil {
			assert.NotContains(t, err.Error(), "hunter2")
			return
		}
		assert.Equal(t, "https", next.Scheme)
		if password, _ := next.User.Password(); password == "hunter2" && !strings.Contains(location, "hunter2") {
			assert.Equal(t, "a.example", next.Host)
		}
	})
}
