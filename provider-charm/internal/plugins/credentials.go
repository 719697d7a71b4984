package plugins

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"connectcharms/requirer-lib/secret"
)

// Credentials are one header for certain servers.
type Credentials struct {
	hosts  []string
	header string
	value  secret.Value
}

// The keys of a secret with credentials.
const (
	hostsKey       = "hosts"
	usernameKey    = "username"
	passwordKey    = "password"
	tokenKey       = "token"
	headerNameKey  = "header-name"
	headerValueKey = "header-value"
)

// ParseCredentials reads the content of a secret: hosts (a comma-separated list of host or host:port), and username and
// password, or token, or header-name and header-value. Its errors never repeat a value.
func ParseCredentials(content map[string]secret.Value) (*Credentials, error) {
	c := &Credentials{}
	for host := range strings.SplitSeq(content[hostsKey].Reveal(), ",") {
		if host = strings.ToLower(strings.TrimSpace(host)); host == "" {
			continue
		}
		if parsed, err := url.Parse("https://" + host); err != nil || parsed.Host != host || parsed.Hostname() == "" {
			return nil, fmt.Errorf("its key %s names something that is no host or host:port", hostsKey)
		}
		c.hosts = append(c.hosts, host)
	}
	if len(c.hosts) == 0 {
		return nil, fmt.Errorf("its key %s is missing: name the servers that the credentials are for", hostsKey)
	}
	for key := range content {
		if !slices.Contains([]string{hostsKey, usernameKey, passwordKey, tokenKey, headerNameKey, headerValueKey}, key) {
			return nil, fmt.Errorf("its key %s is not known", quoted(key))
		}
	}
	return c, c.readHeader(content)
}

func (c *Credentials) readHeader(content map[string]secret.Value) error {
	has := func(keys ...string) bool {
		return !slices.ContainsFunc(keys, func(key string) bool { return content[key].IsZero() })
	}
	value := ""
	switch len(content) { // exactly one of the three ways, beside the hosts
	case 2:
		if has(tokenKey) {
			c.header, value = "Authorization", "Bearer "+content[tokenKey].Reveal()
		}
	case 3:
		if has(usernameKey, passwordKey) {
			pair := content[usernameKey].Reveal() + ":" + content[passwordKey].Reveal()
			c.header, value = "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair))
		} else if has(headerNameKey, headerValueKey) {
			c.header, value = content[headerNameKey].Reveal(), content[headerValueKey].Reveal()
		}
	}
	if c.header == "" {
		return errors.New("it needs username and password, or token, or header-name and header-value")
	}
	if !httpguts.ValidHeaderFieldName(c.header) || slices.Contains(ownHeaders, http.CanonicalHeaderKey(c.header)) {
		return errors.New("its header-name cannot be set on a request")
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return errors.New("its value has characters that no HTTP header takes, such as a line break")
	}
	c.value = secret.New(value)
	return nil
}

// ownHeaders are those that the download itself, or HTTP, depends on.
var ownHeaders = []string{"Host", "Accept-Encoding", "Range", "If-Range", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Te", "Trailer"}

// covers says whether the credentials are for a server.
func (c *Credentials) covers(server *url.URL) bool {
	if c == nil {
		return false
	}
	return slices.Contains(c.hosts, strings.ToLower(server.Hostname())) || slices.Contains(c.hosts, strings.ToLower(withPort(server)))
}

// check refuses to send credentials where anybody on the way could read them.
func (c *Credentials) check(server *url.URL) error {
	if !c.covers(server) || server.Scheme == "https" || isLoopback(server.Hostname()) {
		return nil
	}
	return failed(BadURL, "credentials for this host are not sent over http: use https")
}

func (c *Credentials) set(request *http.Request) {
	if request.Header.Get(c.header) == "" { // user and password in the URL are more special
		request.Header.Set(c.header, c.value.Reveal())
	}
}

func withPort(server *url.URL) string {
	if server.Port() != "" {
		return server.Host
	}
	return net.JoinHostPort(server.Hostname(), map[string]string{"http": "80", "https": "443"}[server.Scheme])
}

func isLoopback(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || address != nil && address.IsLoopback()
}
