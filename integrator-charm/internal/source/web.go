package source

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
)

const userAgent = "connect-manager"

// transport is made for one Fetch: the next one may have another CA, and nothing stays open in between.
func (o Options) transport(caFile string) (*http.Transport, error) {
	trusted, err := o.trusted(caFile)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: o.Limits.Connect}).DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    o.Limits.Connect,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 1 << 20,
	}, nil
}

// redirect follows a server only to where nobody can read along, and takes credentials along only to that very server. The address
// before, whose query may be secret, is not told to the next one.
func (l Limits) redirect(next *http.Request, via []*http.Request) error {
	next.Header.Del("Referer")
	if !sameServer(via[0].URL, next.URL) {
		next.Header.Del("Authorization")
	}
	switch {
	case len(via) > l.Redirects:
		return failed(Unexpected, "more than %d redirects", l.Redirects)
	case next.URL.Scheme != "https" && (via[0].URL.Scheme == "https" || !loopback(next.URL.Hostname())):
		return failed(Unexpected, "the server redirects to an address that is not https, which anybody could change")
	default:
		return nil
	}
}

// question is one GET request.
type question struct {
	url    *url.URL
	header http.Header
	have   Revision
	caFile string
	// refusal says why an answer is none, where the kind of server knows more than HTTP does. It may give nil.
	refusal func(*http.Response) *Error
}

// ask gives the document that a server has at an address.
func (o Options) ask(ctx context.Context, q question) (Document, error) {
	transport, err := o.transport(q.caFile)
	if err != nil {
		return Document{}, err
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: o.Limits.redirect}
	request := (&http.Request{Method: http.MethodGet, URL: q.url, Header: q.header}).WithContext(ctx)
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept-Encoding", "identity")
	if strings.HasSuffix(string(q.have), `"`) { // an ETag
		request.Header.Set("If-None-Match", string(q.have))
	}
	response, err := client.Do(request)
	if err != nil {
		return Document{}, networkError(err)
	}
	defer response.Body.Close()
	if q.refusal != nil {
		if refused := q.refusal(response); refused != nil {
			return Document{}, refused
		}
	}
	if err := accept(response, q.have); err != nil {
		return Document{}, err
	}
	data, err := readBody(response, o.Limits)
	return Document{Data: data, Revision: cmp.Or(version(response.Header), digest(data)), Name: path.Base(q.url.Path)}, err
}

// networkError says why there was no answer, without the address, whose query may be secret.
func networkError(err error) error {
	var failure *Error
	if errors.As(err, &failure) {
		return failure
	}
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	switch {
	case errors.As(err, &certificate):
		failure = failed(Unreachable, "its certificate is not trusted (%v); name the CA with ca-file or SOURCE_CA_FILE", certificate.Err)
	case errors.As(err, &dns):
		failure = failed(Unreachable, "the name %s cannot be resolved", shorten(dns.Name))
	default:
		failure = failed(Unreachable, "no connection: %v", innermost(err))
	}
	return failure
}

func innermost(err error) error {
	var address *url.Error
	if errors.As(err, &address) {
		return address.Err
	}
	return err
}
