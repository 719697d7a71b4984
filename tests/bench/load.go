// Package bench measures what stands in front of Kafka Connect: the charm's gateway, and nginx with basic
// authentication, which is what a person would put there otherwise. Both run on this machine as programs of their own,
// in turn, in front of the same upstream, under the same load.
package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Load is requests that are sent, one after the other on each connection.
type Load struct {
	Address     string // host and port
	TLS         *tls.Config
	Path        string
	Username    string
	Password    string
	Connections int
	For         time.Duration
}

// Result is what came of a load.
type Result struct {
	Requests  int
	Took      time.Duration
	latencies []time.Duration // in order
}

// PerSecond is the throughput.
func (r Result) PerSecond() float64 { return float64(r.Requests) / r.Took.Seconds() }

// Latency is that of the request at a part of all, 0 to 1.
func (r Result) Latency(part float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(len(r.latencies)-1, int(part*float64(len(r.latencies))))]
}

// Run sends the load. Any answer but 200 is an error. The client is as small as can be, so that what is measured is not
// the client.
func (l Load) Run(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		clients sync.WaitGroup
		mutex   sync.Mutex
		all     Result
		failed  error
	)
	begun := time.Now()
	until := begun.Add(l.For)
	for range l.Connections {
		clients.Go(func() {
			latencies, err := l.one(ctx, until)
			mutex.Lock()
			defer mutex.Unlock()
			all.latencies = append(all.latencies, latencies...)
			if err != nil && failed == nil {
				failed = err
				cancel()
			}
		})
	}
	clients.Wait()
	if failed != nil {
		return Result{}, fmt.Errorf("load on %s: %w", l.Address, failed)
	}
	all.Took, all.Requests = time.Since(begun), len(all.latencies)
	slices.Sort(all.latencies)
	return all, nil
}

// one is one connection.
func (l Load) one(ctx context.Context, until time.Time) ([]time.Duration, error) {
	connection, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	if err := connection.SetDeadline(until.Add(time.Minute)); err != nil {
		return nil, err
	}
	request := []byte("GET " + l.Path + " HTTP/1.1\r\nHost: " + l.Address + "\r\nAccept: application/json\r\nAuthorization: Basic " +
		base64.StdEncoding.EncodeToString([]byte(l.Username+":"+l.Password)) + "\r\n\r\n")
	reader := bufio.NewReaderSize(connection, 16<<10)
	var latencies []time.Duration
	for time.Now().Before(until) && ctx.Err() == nil {
		begun := time.Now()
		if _, err := connection.Write(request); err != nil {
			return nil, err
		}
		if err := readAnswer(reader); err != nil {
			return nil, err
		}
		latencies = append(latencies, time.Since(begun))
	}
	return latencies, nil
}

func (l Load) dial(ctx context.Context) (net.Conn, error) {
	if l.TLS != nil {
		return (&tls.Dialer{Config: l.TLS}).DialContext(ctx, "tcp", l.Address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", l.Address)
}

// readAnswer reads one answer of HTTP/1.1, with a length or in pieces.
func readAnswer(reader *bufio.Reader) error {
	length, chunked := int64(-1), false
	for first := true; ; first = false {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		switch text := strings.TrimRight(string(line), "\r\n"); {
		case first && !strings.HasPrefix(text, "HTTP/1.1 200"):
			return fmt.Errorf("the answer is %s", text)
		case text == "":
			if chunked {
				return skipChunks(reader)
			}
			if length < 0 {
				return fmt.Errorf("the answer has no length")
			}
			_, err := io.CopyN(io.Discard, reader, length)
			return err
		default:
			name, value, _ := strings.Cut(text, ":")
			switch textproto.CanonicalMIMEHeaderKey(name) {
			case "Content-Length":
				if length, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil {
					return err
				}
			case "Transfer-Encoding":
				chunked = true
			}
		}
	}
}

func skipChunks(reader *bufio.Reader) error {
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 64)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, reader, size+2); err != nil || size == 0 {
			return err
		}
	}
}
