package api

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

const (
	headerLimit = 10 * time.Second
	readLimit   = time.Minute
	idleLimit   = 2 * time.Minute
	maxHeader   = 32 << 10 // bytes
)

// Places are where an API is served.
type Places struct {
	Listen string       // host:port; empty: no port
	Socket string       // a path; empty: no socket
	TLS    *Certificate // nil: without TLS
}

// Server is an API that is listened for. Serve runs it.
type Server struct {
	all  []serving
	open net.Listener
}

type serving struct {
	server   *http.Server
	listener net.Listener
}

// Listen opens all places or none.
func (a *API) Listen(ctx context.Context, places Places) (*Server, error) {
	s := &Server{}
	if places.Listen != "" {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", places.Listen)
		if err != nil {
			return nil, fmt.Errorf("listen: %w", err)
		}
		s.open = listener
		if places.TLS != nil {
			listener = tls.NewListener(listener, places.TLS.config())
		}
		s.all = append(s.all, serving{a.server(a.Open()), listener})
	}
	if places.Socket != "" {
		listener, err := listenLocally(ctx, places.Socket)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.all = append(s.all, serving{a.server(a.Local()), listener})
	}
	return s, nil
}

// listenLocally opens the socket, for its owner alone.
func listenLocally(ctx context.Context, path string) (net.Listener, error) {
	if connection, err := unixsocket.Dial(ctx, path); err == nil {
		_ = connection.Close()
		return nil, fmt.Errorf("open the socket %s: another connect-manager answers there", path)
	}
	return unixsocket.Listen(ctx, path, 0o600)
}

func (a *API) server(handler http.Handler) *http.Server {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerLimit,
		ReadTimeout:       readLimit,
		IdleTimeout:       idleLimit,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(a.end) // streams would never end by themselves
	return server
}

// Addr is the address that is really listened on; empty: none.
func (s *Server) Addr() string {
	if s.open == nil {
		return ""
	}
	return s.open.Addr().String()
}

// Serve answers until stop ends or a listener fails, lets requests end for as long as patience, and then breaks them off.
func (s *Server) Serve(stop context.Context, patience time.Duration) error {
	ended := make(chan error, len(s.all))
	for _, one := range s.all {
		go func() { ended <- one.server.Serve(one.listener) }()
	}
	var failure error
	running := len(s.all)
	select {
	case <-stop.Done():
	case failure = <-ended:
		running--
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(stop), patience)
	defer cancel()
	for _, one := range s.all {
		if one.server.Shutdown(last) != nil {
			_ = one.server.Close()
		}
	}
	for range running {
		<-ended
	}
	if failure != nil && !errors.Is(failure, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", failure)
	}
	return nil
}

// Close is for a server that is not served.
func (s *Server) Close() {
	for _, one := range s.all {
		_ = one.listener.Close()
	}
}
