package plugins

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Network is how an operator has plugins fetched. Its zero value goes straight to the server that a URL names, or through
// the proxy that Juju's model configuration names, and trusts the machine's certificate authorities.
type Network struct {
	// Mirrors replace the beginnings of URLs.
	Mirrors []Mirror
	// Proxy is an http or https URL; nil leaves it to Juju's model configuration.
	Proxy *url.URL
	// Roots are the certificate authorities to trust; nil stands for the machine's.
	Roots *x509.CertPool
	// Credentials are for servers that want some; nil when there are none.
	Credentials *Credentials
}

// Mirror says that what begins with From is fetched from To.
type Mirror struct{ From, To string }

// ParseMirrors reads lines of two URLs each: what a plugin's URL begins with, and what to put in its place. Blank lines
// and those that begin with "#" mean nothing.
func ParseMirrors(text string) ([]Mirror, error) {
	var mirrors []Mirror
	for number, fields := range configLines(text) {
		if len(fields) != 2 {
			return nil, fmt.Errorf("line %d is not two URLs: write URL-PREFIX REPLACEMENT-PREFIX", number)
		}
		for _, field := range fields {
			if err := checkPrefix(field); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
		mirrors = append(mirrors, Mirror{From: fields[0], To: fields[1]})
	}
	return mirrors, nil
}

func checkPrefix(text string) error {
	prefix, err := url.Parse(text)
	switch {
	case err != nil || checkSource(prefix) != nil:
		return errors.New("not an http or https URL")
	case prefix.User != nil:
		return errors.New("holds a password: use plugin-credentials")
	case prefix.RawQuery != "" || prefix.Fragment != "":
		return errors.New("has a query or a fragment: give the beginning of a URL")
	}
	return nil
}

// configLines splits an option of lines and fields; the keys are line numbers.
func configLines(text string) func(yield func(int, []string) bool) {
	return func(yield func(int, []string) bool) {
		for i, line := range strings.Split(text, "\n") {
			fields := strings.Fields(line)
			if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
				continue
			}
			if !yield(i+1, fields) {
				return
			}
		}
	}
}

// mirrored is where source is to be fetched from: the longest prefix wins. A prefix ends where a part of the path ends:
// https://a.example is none of https://a.example.org/. User and password of the URL stay with the server they are for.
func (n Network) mirrored(source *url.URL) (*url.URL, error) {
	bare := *source
	bare.User, bare.Scheme, bare.Host = nil, strings.ToLower(source.Scheme), strings.ToLower(source.Host)
	best, rest := Mirror{}, ""
	for _, mirror := range n.Mirrors {
		if tail, is := cutURLPrefix(bare.String(), mirror.From); is && len(mirror.From) > len(best.From) {
			best, rest = mirror, tail
		}
	}
	if best.From == "" {
		return source, nil
	}
	return url.Parse(best.To + rest)
}

func cutURLPrefix(source, prefix string) (rest string, is bool) {
	rest, is = strings.CutPrefix(source, prefix)
	whole := rest == "" || strings.HasSuffix(prefix, "/") || strings.ContainsAny(rest[:1], "/?")
	return rest, is && whole
}

// ParseProxy reads the URL of a proxy. The error never repeats it: it may hold a password.
func ParseProxy(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	proxy, err := url.Parse(text)
	if err != nil || checkSource(proxy) != nil || strings.Trim(proxy.Path, "/") != "" {
		return nil, errors.New("not a proxy's URL: give http://host:port or https://host:port")
	}
	return proxy, nil
}

// ParseRoots reads certificates of authorities (PEM) that are trusted beside the machine's.
func ParseRoots(text string) (*x509.CertPool, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, err
	}
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			if len(strings.TrimSpace(string(rest))) > 0 {
				return nil, errors.New("not PEM: give certificates, each from -----BEGIN CERTIFICATE----- to its END")
			}
			return roots, nil
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("holds %q that is no certificate", shorten(block.Type, 30))
		}
		roots.AddCert(certificate)
	}
}

// longestHeaders is the most bytes of headers read from a server. Real ones have some hundred.
const longestHeaders = 64 << 10

// dialPatience is for a server that does not even refuse, as a service of Kubernetes whose port is not open yet: the unit
// is held up meanwhile, and tries again later.
const dialPatience = 10 * time.Second

// transport verifies TLS. It keeps no connection, as a download is one request, and asks for no compression: the digest
// is that of the file, not of one server's encoding of it.
func (n Network) transport() http.RoundTripper {
	return &http.Transport{
		Proxy:                  n.proxy(),
		TLSClientConfig:        &tls.Config{RootCAs: n.Roots},
		DialContext:            (&net.Dialer{Timeout: dialPatience}).DialContext,
		TLSHandshakeTimeout:    30 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: longestHeaders,
		ReadBufferSize:         copyBuffer,
		OnProxyConnectResponse: proxyAnswer,
	}
}

// proxyAnswer names the refusal of a proxy: http.Transport's own error is nothing but the words of its status line.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return failed(Unreachable, "the proxy answers %s", statusText(answer.StatusCode))
}

// proxy chooses the proxy of a request. Juju gives a hook the proxies for charms in variables of its own, and its older
// ones in those that all programs know. No proxy is used to this machine itself.
func (n Network) proxy() func(*http.Request) (*url.URL, error) {
	settings := httpproxy.FromEnvironment()
	set := func(setting *string, values ...string) {
		for _, value := range values {
			if value != "" {
				*setting = value
			}
		}
	}
	set(&settings.HTTPProxy, os.Getenv("JUJU_CHARM_HTTP_PROXY"))
	set(&settings.HTTPSProxy, os.Getenv("JUJU_CHARM_HTTPS_PROXY"))
	set(&settings.NoProxy, os.Getenv("JUJU_CHARM_NO_PROXY"))
	if n.Proxy != nil {
		settings.HTTPProxy, settings.HTTPSProxy = n.Proxy.String(), n.Proxy.String()
	}
	choose := settings.ProxyFunc()
	return func(request *http.Request) (*url.URL, error) { return choose(request.URL) }
}
