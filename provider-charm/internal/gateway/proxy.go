package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
)

// passed are the headers of a request that reach the worker. Authorization is one of them because a follower sends it
// on to the leader. Everything else stops here: X-Forwarded-*, Accept-Encoding (answers are filtered), overrides of the
// method, and whatever may come.
var passed = []string{"Accept", "Authorization", "Content-Type", "User-Agent"}

// forward sends what was checked, and only that, to the worker and passes the answer back.
func (g *gateway) forward(w http.ResponseWriter, r *http.Request, v *visit) {
	answer, err := g.worker.RoundTrip(g.toWorker(r.Context(), r, v))
	if err == nil {
		pointToGateway(answer, g.workerURL)
		if failed := v.filterListing(answer); failed != nil {
			_ = answer.Body.Close()
			err = failed
		}
	}
	if err != nil {
		g.answerFailure(w, r, v, err)
		return
	}
	defer answer.Body.Close()
	header := w.Header()
	removeHopByHop(answer.Header)
	for name, values := range answer.Header {
		header[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	if err := copyBody(w, answer.Body); err != nil {
		g.log.Debug("an answer was cut off", "path", v.route.path, "error", err)
		panic(http.ErrAbortHandler) // the client must not take the part for the whole
	}
}

// toWorker builds the request to the worker anew from what was checked.
func (g *gateway) toWorker(ctx context.Context, r *http.Request, v *visit) *http.Request {
	request := &http.Request{
		Method: r.Method,
		URL:    &url.URL{Scheme: g.workerURL.Scheme, Host: g.workerURL.Host, Path: v.route.path, RawQuery: v.query},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Host:          g.workerURL.Host,
		Header:        passedHeaders(r.Header, v.signed),
		ContentLength: int64(len(v.body)),
		Body:          http.NoBody,
	}
	if len(v.body) > 0 {
		request.Body = io.NopCloser(bytes.NewReader(v.body))
	}
	return request.WithContext(ctx)
}

func passedHeaders(from http.Header, signed bool) http.Header {
	to := make(http.Header, len(passed)+2)
	for _, name := range passed {
		if values := from[name]; len(values) > 0 {
			to[name] = values
		}
	}
	if to["User-Agent"] == nil {
		to["User-Agent"] = []string{""} // or net/http would name itself
	}
	if signed {
		to.Set(signatureHeader, from.Get(signatureHeader))
		to.Set(algorithmHeader, from.Get(algorithmHeader))
	}
	return to
}

// hopByHop are headers that concern one connection only (RFC 9110, 7.6.1).
var hopByHop = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

func removeHopByHop(header http.Header) {
	for _, line := range header["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			header.Del(textproto.TrimString(name))
		}
	}
	for _, name := range hopByHop {
		delete(header, name)
	}
}

// pointToGateway makes a Location at the worker's own address relative, so the client reads it against the address
// that it used itself (RFC 9110, 10.2.2).
func pointToGateway(answer *http.Response, upstream *url.URL) {
	if answer.Header["Location"] == nil {
		return
	}
	location, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || location.Host != upstream.Host {
		return
	}
	location.Scheme, location.Host, location.User = "", "", nil
	answer.Header.Set("Location", location.String())
}

// answerFailure is called when the worker gave no answer, or one that cannot be passed on.
func (g *gateway) answerFailure(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	if r.Context().Err() != nil { // the client went away; the number is for the log only
		w.WriteHeader(499)
		return
	}
	g.counts.failed.Add(1)
	g.log.Warn("worker request failed", "method", r.Method, "path", v.route.path, "error", err)
	var netError net.Error
	switch {
	case errors.Is(err, errListing):
		refuse(http.StatusBadGateway, err.Error()).write(w)
	case errors.As(err, &netError) && netError.Timeout():
		refuse(http.StatusGatewayTimeout, "the Kafka Connect worker did not answer in time").write(w)
	default:
		refuse(http.StatusBadGateway, "the Kafka Connect worker is not reachable").write(w)
	}
}

// buffers are for copying answers.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// copyBody hides what either side could do by itself: each would take a buffer of its own.
func copyBody(to io.Writer, from io.Reader) error {
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, buffer[:])
	return err
}
