package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"connectcharms/requirer-lib/unixsocket"
)

// listeners are all that a gateway listens on for as long as it runs. internal is nil where the configuration has none.
type listeners struct {
	clients, internal, control net.Listener
}

// controlMode is for the gateway's account and its directory's group: the charm is in it, on Kubernetes without being root.
const controlMode = 0o660

// listen opens all of them or none.
func listen(ctx context.Context, config Config) (l listeners, err error) {
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if l.clients, err = new(net.ListenConfig).Listen(ctx, "tcp", config.Listen); err != nil {
		return l, fmt.Errorf("cannot listen for clients: %w", err)
	}
	if config.Internal != nil {
		if l.internal, err = new(net.ListenConfig).Listen(ctx, "tcp", config.Internal.Listen); err != nil {
			return l, fmt.Errorf("cannot listen for other workers: %w", err)
		}
	}
	l.control, err = unixsocket.Listen(ctx, config.Control, controlMode)
	return l, err
}

func (l listeners) close() {
	for _, one := range []net.Listener{l.clients, l.internal, l.control} {
		if one != nil {
			_ = one.Close()
		}
	}
}

// places tells where it is listened on, for Status and the log.
func (l listeners) places() Places {
	at := func(one net.Listener) string {
		if one == nil {
			return ""
		}
		return one.Addr().String()
	}
	return Places{Listen: at(l.clients), Internal: at(l.internal)}
}

// servers puts the right handler behind each listener.
func (g *gateway) servers(l listeners) []serving {
	limited := func() { g.meters.limited.WithLabelValues(limitConnections).Inc() }
	clients := newDoor(l.clients, clientTLS(&g.certificate), g.log, limited)
	all := []serving{
		{g.server(http.HandlerFunc(g.serveClient)), clients.open()},
		{g.server(g.control(l.places())), l.control},
	}
	if l.internal != nil {
		internal := newDoor(l.internal, peerTLS(&g.identity), g.log, limited)
		internal.tlsOnly = true
		all = append(all, serving{g.server(http.HandlerFunc(g.servePeer)), internal.open()})
	}
	return all
}

// clientTLS follows the current advice of RFC 9325: 1.2 at least, with Go's choice of ciphers.
func clientTLS(certificate *keyPair) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: certificate.get,
	}
}

var errNotOurs = errors.New("the peer does not have the identity that the units of this application share")

// peerTLS lets in who shows, and has the key of, the very certificate that it shows itself. Nobody signs certificates
// here, and nothing else about them counts: no name, no date.
func peerTLS(identity *keyPair) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS12,
		NextProtos:             []string{"http/1.1"},
		GetCertificate:         identity.get,
		ClientAuth:             tls.RequireAnyClientCert,
		SessionTicketsDisabled: true, // a session must not outlive the identity
		VerifyConnection: func(state tls.ConnectionState) error {
			if !ofOurs(&state, identity) {
				return errNotOurs
			}
			return nil
		},
	}
}

func ofOurs(state *tls.ConnectionState, identity *keyPair) bool {
	return state != nil && len(state.PeerCertificates) > 0 && identity.is(state.PeerCertificates[0].Raw)
}

func (g *gateway) server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		WriteTimeout:      time.Duration(g.start.BodyTimeout) + time.Duration(g.start.UpstreamTimeout) + answerTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
	}
}

type serving struct {
	server   *http.Server
	listener net.Listener
}

// serve runs the servers until the context ends or one of them fails, and waits for all of them.
func serve(ctx context.Context, patience time.Duration, all ...serving) error {
	ended := make(chan error, len(all))
	for _, one := range all {
		go func() { ended <- one.server.Serve(one.listener) }()
	}
	var failure error
	running := len(all)
	select {
	case <-ctx.Done():
	case failure = <-ended:
		running--
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for _, one := range all {
		if one.server.Shutdown(last) != nil { // requests are still at work: cut them off
			_ = one.server.Close()
		}
	}
	for range running {
		<-ended
	}
	if failure != nil {
		return fmt.Errorf("gateway stopped serving: %w", failure)
	}
	return nil
}
