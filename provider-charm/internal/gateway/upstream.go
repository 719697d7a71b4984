package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

const (
	dialPatience = 5 * time.Second
	maxIdle      = 64
	// idlePatience is less than the 30s after which Jetty closes a connection: whoever closes first must be us.
	idlePatience = 15 * time.Second
)

// upstream is the http.RoundTripper to one server, the worker. It does without the two goroutines that http.Transport has for each
// connection, as there is one server, which is on this machine, and no proxy, TLS or HTTP/2: a request is written and its
// answer read by who asks, which takes half of the time.
type upstream struct {
	address  string
	patience time.Duration // until the answer begins, and again until its end

	mutex sync.Mutex
	idle  []*line // the youngest last
}

// line is a connection to the worker.
type line struct {
	net.Conn
	reader *bufio.Reader
	writer *bufio.Writer
	since  time.Time // when it became idle
	used   bool
}

func newUpstream(address string, patience time.Duration) *upstream {
	return &upstream{address: address, patience: patience}
}

// RoundTrip sends a request. One that only reads is sent again when the worker closed the connection just then.
func (u *upstream) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host != u.address {
		return nil, fmt.Errorf("%s is asked at connections to %s", request.URL.Host, u.address)
	}
	for {
		taken, err := u.take(request.Context())
		if err != nil {
			return nil, err
		}
		reused := taken.used
		answer, err := u.ask(taken, request)
		if err == nil {
			return answer, nil
		}
		if !reused || request.Method != http.MethodGet || !closedBefore(err) || request.Context().Err() != nil {
			return nil, err
		}
	}
}

// errUnanswered says that a connection ended before the first byte of an answer.
var errUnanswered = errors.New("the worker closed the connection without an answer")

func closedBefore(err error) bool {
	return errors.Is(err, errUnanswered) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

func (u *upstream) ask(on *line, request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	stop := context.AfterFunc(ctx, func() { _ = on.SetDeadline(time.Unix(1, 0)) }) // long ago: ends what is waited for
	answer, err := u.exchange(on, request)
	if err != nil {
		stop()
		_ = on.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	lease := &lease{upstream: u, line: on, content: answer.Body, stop: stop, reusable: !answer.Close && !request.Close}
	answer.Body = lease
	if answer.ContentLength == 0 {
		lease.end(true)
	}
	return answer, nil
}

func (u *upstream) exchange(on *line, request *http.Request) (*http.Response, error) {
	if err := on.SetDeadline(time.Now().Add(u.patience)); err != nil {
		return nil, err
	}
	if err := request.Write(on.writer); err != nil {
		return nil, err
	}
	if err := on.writer.Flush(); err != nil {
		return nil, err
	}
	if _, err := on.reader.Peek(1); err != nil {
		if errors.Is(err, io.EOF) {
			err = errUnanswered
		}
		return nil, err
	}
	answer, err := http.ReadResponse(on.reader, request)
	for err == nil && answer.StatusCode < http.StatusOK { // 1xx: the answer comes after it
		answer, err = http.ReadResponse(on.reader, request)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the worker's answer: %w", err)
	}
	if err := on.SetDeadline(time.Now().Add(u.patience)); err != nil { // for the rest of it
		return nil, err
	}
	return answer, request.Context().Err() // its end may have set a deadline that was just lifted
}

// take gives an idle connection that is still open, or a new one.
func (u *upstream) take(ctx context.Context) (*line, error) {
	for {
		u.mutex.Lock()
		last := len(u.idle) - 1
		if last < 0 {
			u.mutex.Unlock()
			break
		}
		taken := u.idle[last]
		u.idle = u.idle[:last]
		u.mutex.Unlock()
		if time.Since(taken.since) < idlePatience && taken.open() {
			return taken, nil
		}
		_ = taken.Close()
	}
	connection, err := (&net.Dialer{Timeout: dialPatience}).DialContext(ctx, "tcp", u.address)
	if err != nil {
		return nil, err
	}
	return &line{Conn: connection, reader: bufio.NewReader(connection), writer: bufio.NewWriter(connection)}, nil
}

// open says whether the other side has neither closed the connection nor sent what nobody asked for.
func (l *line) open() bool {
	if l.reader.Buffered() > 0 {
		return false
	}
	raw, err := l.Conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(descriptor uintptr) bool {
		var one [1]byte
		_, _, failed := syscall.Recvfrom(int(descriptor), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = errors.Is(failed, syscall.EAGAIN)
		return true
	})
	return err == nil && quiet
}

func (u *upstream) giveBack(used *line) {
	used.used, used.since = true, time.Now()
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if len(u.idle) >= maxIdle {
		_ = u.idle[0].Close()
		u.idle = append(u.idle[:0], u.idle[1:]...)
	}
	u.idle = append(u.idle, used)
}

// CloseIdleConnections closes what nobody uses.
func (u *upstream) CloseIdleConnections() {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, one := range u.idle {
		_ = one.Close()
	}
	u.idle = nil
}

// lease is the body of an answer. At its end the connection is free again.
type lease struct {
	upstream *upstream
	line     *line
	content  io.ReadCloser
	stop     func() bool
	reusable bool
	ended    bool
}

func (l *lease) Read(to []byte) (int, error) {
	if l.ended {
		return 0, io.EOF
	}
	n, err := l.content.Read(to)
	if err != nil {
		l.end(errors.Is(err, io.EOF))
	}
	return n, err
}

func (l *lease) Close() error {
	l.end(false)
	return nil
}

func (l *lease) end(whole bool) {
	if l.ended {
		return
	}
	l.ended = true
	inTime := l.stop() // or the context may still be about to set a deadline
	if whole && inTime && l.reusable && l.line.SetDeadline(time.Time{}) == nil {
		l.upstream.giveBack(l.line)
		return
	}
	_ = l.line.Close()
}
