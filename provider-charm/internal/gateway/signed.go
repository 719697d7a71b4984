package gateway

import (
	"net/http"
)

// Headers of Connect's internal requests (InternalRequestSignature).
const (
	signatureHeader = "X-Connect-Authorization"
	algorithmHeader = "X-Connect-Request-Signature-Algorithm"
)

// signedByWorker says whether the headers are those of a worker's own request: both of the signature, once each, and
// no account. Whether the signature is right only the worker can say: the key is in Connect's config topic.
func signedByWorker(header http.Header) bool {
	_, hasAccount := header["Authorization"]
	return !hasAccount && once(header, signatureHeader) && once(header, algorithmHeader)
}

func once(header http.Header, name string) bool {
	values := header.Values(name)
	return len(values) == 1 && values[0] != ""
}

// handleSigned passes on a request that only the worker can judge. Until it has, the sender may be anybody: so little
// of it is at work at one time, and a sender whose signatures were refused is slowed down.
func (g *gateway) handleSigned(w *recorder, r *http.Request, v *visit) *refusal {
	v.who, v.kind, v.signed = "worker", kindWorker, true
	v.hides = func(string) bool { return false }
	address := remoteAddress(r)
	if g.signedFailures.exhausted(address) {
		g.counts.limited.Add(1)
		return limited(http.StatusTooManyRequests, limitSigned, "too many signed requests were refused by the worker")
	}
	key := network(address).String()
	if !g.workers.enter(key) {
		return limited(http.StatusServiceUnavailable, limitInFlight, "too many signed requests are at work at the same time: try again")
	}
	defer g.workers.leave(key)
	if refused := g.readRequest(w, r, v, v.config.MaxSignedBody); refused != nil {
		return refused
	}
	g.forward(w, r, v)
	switch w.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		g.signedFailures.allow(address)
	}
	return nil
}
