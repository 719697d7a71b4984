package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// passed are the headers of a request that reach the worker. Authorization is one of them because a follower sends it
// on to the leader. Everything else stops here: X-Forwarded-*, Accept-Encoding (answers are filtered), overrides of the
// method, and whatever may come.
var passed = []string{"Accept", "Authorization", "Content-Type", "User-Agent"}

type visitKey struct{}

// forward sends what was checked, and only that, to the worker and passes the answer back.
func (g *gateway) forward(w http.ResponseWriter, r *http.Request, v *visit) {
	g.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

func (g *gateway) newProxy(upstream *url.URL) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport:  g.worker,
		ErrorLog:   slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
		BufferPool: &buffers{},
		Rewrite:    func(p *httputil.ProxyRequest) { rewrite(p.Out, upstream) },
		ModifyResponse: func(answer *http.Response) error {
			pointToGateway(answer, upstream)
			return g.filterListing(answer)
		},
		ErrorHandler: g.answerFailure,
	}
}

// rewrite builds the request to the worker anew from what was checked.
func rewrite(out *http.Request, upstream *url.URL) {
	v := visitOf(out.Context())
	out.URL = &url.URL{Scheme: upstream.Scheme, Host: upstream.Host, Path: v.route.path, RawQuery: v.query}
	out.Host = upstream.Host
	out.Header = passedHeaders(out.Header, v.signed)
	out.Trailer = nil
	out.TransferEncoding = nil
	out.ContentLength = int64(len(v.body))
	out.Body = http.NoBody
	if len(v.body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(v.body))
	}
}

func passedHeaders(from http.Header, signed bool) http.Header {
	to := http.Header{}
	for _, name := range passed {
		if values := from.Values(name); len(values) > 0 {
			to[name] = values
		}
	}
	if signed {
		to.Set(signatureHeader, from.Get(signatureHeader))
		to.Set(algorithmHeader, from.Get(algorithmHeader))
	}
	return to
}

// pointToGateway makes a Location at the worker's own address relative, so the client reads it against the address
// that it used itself (RFC 9110, 10.2.2).
func pointToGateway(answer *http.Response, upstream *url.URL) {
	location, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || location.Host != upstream.Host {
		return
	}
	location.Scheme, location.Host, location.User = "", "", nil
	answer.Header.Set("Location", location.String())
}

// answerFailure is called when the worker gave no answer, or one that cannot be passed on.
func (g *gateway) answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil { // the client went away; the number is for the log only
		w.WriteHeader(499)
		return
	}
	g.counts.failed.Add(1)
	g.log.Warn("worker request failed", "method", r.Method, "path", visitOf(r.Context()).route.path, "error", err)
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

func newTransport(patience time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                 nil, // Juju sets HTTP_PROXY for charms; the worker is on this machine
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       15 * time.Second, // Jetty closes after 30s; whoever closes first must be us
		ResponseHeaderTimeout: patience,
		DisableCompression:    true,
	}
}

// buffers keeps the copying buffers of the proxy.
type buffers struct{ pool sync.Pool }

const bufferSize = 32 << 10

func (b *buffers) Get() []byte {
	if buffer, ok := b.pool.Get().(*[bufferSize]byte); ok {
		return buffer[:]
	}
	return make([]byte, bufferSize)
}

func (b *buffers) Put(buffer []byte) { b.pool.Put((*[bufferSize]byte)(buffer)) }
