package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

const (
	defaultAddress = "127.0.0.1"
	// portAttempts is how often a start is tried: another process may take a free port between its choice and its use.
	portAttempts = 3
)

// onPort calls start with the wanted port, or with a free one when that is 0, and again when a port was taken meanwhile.
func onPort[T any](ctx context.Context, address string, wanted int, start func(port int) (T, error)) (T, error) {
	for attempt := 1; ; attempt++ {
		port, err := openPort(ctx, address, wanted)
		if err != nil {
			var none T
			return none, err
		}
		started, err := start(port)
		if err == nil || attempt == portAttempts || !errors.Is(err, errPortTaken) {
			return started, err
		}
	}
}

// openPort returns the wanted port, or any when that is 0, if nobody uses it at this moment. A JVM would say it later and at length.
func openPort(ctx context.Context, address string, wanted int) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", endpoint(address, wanted))
	if err != nil {
		return 0, fmt.Errorf("port %d of %s cannot be used (choose another, or 0 for a free one, or end what listens there): %w", wanted, address, err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func endpoint(address string, port int) string { return net.JoinHostPort(address, strconv.Itoa(port)) }
