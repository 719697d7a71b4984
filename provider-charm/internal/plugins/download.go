package plugins

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// parseSource reads a plugin's URL, and says what it may be called in messages. The error never repeats the text, which
// may hold a password.
func parseSource(text string) (source *url.URL, shown string, err error) {
	source, err = url.Parse(text)
	if err != nil {
		return nil, "URL", failed(BadURL, "not a URL; give http://… or https://…")
	}
	return source, redact(source), checkSource(source)
}

func checkSource(source *url.URL) error {
	switch {
	case source.Scheme == "":
		return failed(BadURL, "the URL does not begin with http:// or https://")
	case source.Scheme != "http" && source.Scheme != "https":
		return failed(BadURL, "%s is not supported; use http or https", shorten(source.Scheme, 20))
	case source.Hostname() == "":
		return failed(BadURL, "the URL names no host")
	}
	return nil
}

// redact returns the part of a URL that holds no secrets: scheme, host and path. A query may be a presigned URL's
// signature, a name in it a token: it is cut whole.
func redact(source *url.URL) string {
	shown := url.URL{Scheme: source.Scheme, Host: source.Host, Path: source.Path, RawPath: source.RawPath}
	if source.RawQuery != "" {
		return shown.String() + "?…"
	}
	return shown.String()
}

// download is one file being read.
type download struct {
	transport   http.RoundTripper
	credentials *Credentials
	first       *url.URL // the server that the credentials are for, should they be for any
	last        *url.URL // where redirects led
	response    *http.Response
	ctx         context.Context // of this one download; io.Reader leaves no other way
	limits      Limits
	watch       *time.Timer
	stop        func()
	sum         hash.Hash
	size        int64
	ended       bool
	validator   string // of the file; empty when a break ends the download
	resumed     int    // how often it went on after a break
}

// request asks for source and returns its answer, a 200 whose body is not read yet. The caller closes it.
func (s *Store) request(ctx context.Context, source *url.URL, network Network, limits Limits) (*download, error) {
	if err := network.Credentials.check(source); err != nil {
		return nil, err
	}
	ctx, stopTotal := context.WithTimeoutCause(ctx, limits.Total, errOvertime)
	ctx, cancel := context.WithCancelCause(ctx)
	d := &download{
		transport: s.transport, credentials: network.Credentials, first: source, ctx: ctx, limits: limits, sum: sha256.New(),
	}
	if d.transport == nil {
		d.transport = network.transport()
	}
	d.watch = time.AfterFunc(limits.Stall, func() { cancel(errStalled) })
	d.stop = func() {
		d.watch.Stop()
		cancel(nil)
		stopTotal()
	}
	response, err := d.follow(source)
	if err != nil {
		d.stop()
		return nil, err
	}
	d.watch.Stop()
	d.response, d.validator = response, validatorOf(response.Header)
	if err := d.accept(); err != nil {
		_ = d.Close() // err says more
		return nil, err
	}
	return d, nil
}

// follow sends the request and follows redirects. net/http's own client would do it, but puts the URL with its query
// into its errors and into the Referer header of the next server.
func (d *download) follow(source *url.URL) (*http.Response, error) {
	visited := map[string]bool{}
	for {
		visited[source.String()] = true
		d.last = source
		response, err := d.ask(nil)
		if err != nil {
			return nil, err
		}
		if !redirects(response) {
			return response, nil
		}
		_ = response.Body.Close() // a redirect's body says nothing
		next, err := nextSource(source, response.Header.Get("Location"))
		if err != nil {
			return nil, err
		}
		if visited[next.String()] {
			return nil, failed(BadRedirect, "the server redirects in a loop")
		}
		if len(visited) > d.limits.Redirects {
			return nil, failed(BadRedirect, "more than %d redirects", max(d.limits.Redirects, 0))
		}
		source = next
	}
}

// ask sends one request to where the redirects have led so far.
func (d *download) ask(header http.Header) (*http.Response, error) {
	bare := *d.last
	bare.User, bare.Fragment, bare.RawFragment = nil, "", ""
	request, err := http.NewRequestWithContext(d.ctx, http.MethodGet, bare.String(), nil)
	if err != nil {
		return nil, failed(BadURL, "not a URL that can be asked for")
	}
	maps.Copy(request.Header, header)
	if password, _ := d.last.User.Password(); d.last.User != nil {
		request.SetBasicAuth(d.last.User.Username(), password)
	}
	if sameServer(d.first, d.last) && d.credentials.covers(d.last) {
		d.credentials.set(request)
	}
	request.Header.Set("User-Agent", "kafka-connect-charm")
	// Said in so many words, it also keeps a transport that was handed in from decoding the body by itself.
	request.Header.Set("Accept-Encoding", "identity")
	d.watch.Reset(d.limits.Stall)
	response, err := d.transport.RoundTrip(request)
	if err != nil {
		return nil, networkError(d.ctx, d.limits, err)
	}
	return response, nil
}

func sameServer(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

func redirects(response *http.Response) bool {
	switch response.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return response.Header.Get("Location") != ""
	default:
		return false
	}
}

// nextSource resolves a redirect. User and password of the first URL go along to the same server only.
func nextSource(from *url.URL, location string) (*url.URL, error) {
	next, err := from.Parse(location)
	if err != nil {
		return nil, failed(BadRedirect, "the server redirects to something that is not a URL")
	}
	if err := checkSource(next); err != nil {
		return nil, failed(BadRedirect, "after a redirect: %w", err)
	}
	if from.Scheme == "https" && next.Scheme != "https" {
		return nil, failed(BadRedirect, "the server redirects from https to http, which anybody can change")
	}
	if next.User == nil && sameServer(from, next) {
		next.User = from.User
	}
	return next, nil
}

// accept refuses an answer that its headers already rule out.
func (d *download) accept() error {
	if code := d.response.StatusCode; code != http.StatusOK {
		refused := failed(BadStatus, "the server answers %s", strings.TrimSpace(statusText(code)))
		refused.Status = code
		return refused
	}
	if length := d.response.ContentLength; length > d.limits.Download {
		return failed(TooLarge, "%s, more than the limit of %s", bytesText(length), bytesText(d.limits.Download))
	}
	switch encoding := d.encoding(); encoding {
	case "", "identity", "gzip":
		return nil
	default:
		return failed(NotArchive, "the server encoded it as %q, which was not asked for", shorten(encoding, 20))
	}
}

// encoding returns the Content-Encoding; gzip also under its old name.
func (d *download) encoding() string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(d.response.Header.Get("Content-Encoding"))), "x-")
}

// whole says whether the body is known to have been read to its real end: by its length, its chunks or HTTP/2's end of
// stream. Of a body that ends with its connection nobody knows.
func (d *download) whole() bool {
	return d.ended && (d.response.ContentLength >= 0 || d.response.ProtoMajor >= 2 || len(d.response.TransferEncoding) > 0)
}

// Read reads the body as it was sent, counts and hashes it. Its errors other than io.EOF are InstallErrors. Only the
// wait for the server counts as a stall, not what the caller does in between.
func (d *download) Read(p []byte) (int, error) {
	for {
		d.watch.Reset(d.limits.Stall)
		n, err := d.response.Body.Read(p)
		d.watch.Stop()
		d.sum.Write(p[:n])
		d.size += int64(n)
		d.ended = errors.Is(err, io.EOF)
		switch {
		case d.size > d.limits.Download:
			return n, failed(TooLarge, "the download is more than the limit of %s", bytesText(d.limits.Download))
		case err == nil || d.ended:
			return n, err
		}
		if failure := d.resume(err); failure != nil || n > 0 {
			return n, asError(failure)
		}
	}
}

// broken names what ended the body early.
func (d *download) broken(err error) *InstallError {
	failure := networkError(d.ctx, d.limits, err)
	if failure.Reason == Unreachable { // it was reached: the answer broke off, in whichever way the protocol has
		failure = failed(CutShort, "the download broke off")
	}
	return failure
}

// asError keeps a nil pointer from becoming an error that is not nil.
func asError(failure *InstallError) error {
	if failure == nil {
		return nil
	}
	return failure
}

// Close ends the request, read to its end or not.
func (d *download) Close() error {
	d.stop()
	return d.response.Body.Close()
}
