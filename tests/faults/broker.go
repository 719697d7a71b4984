package faults

import (
	"context"
	"net"
	"strconv"
	"sync"

	"connectcharms/tests/kafka"
)

// Broker is a broker that can be killed and comes back, with its data and at its address.
type Broker struct {
	runtime *kafka.Runtime
	options kafka.BrokerOptions

	mu  sync.Mutex // held while it is away
	now *kafka.Broker
}

func startBroker(ctx context.Context, runtime *kafka.Runtime, dir string) (*Broker, error) {
	b := &Broker{runtime: runtime, options: kafka.BrokerOptions{Dir: dir}}
	var err error
	if b.now, err = kafka.StartBroker(ctx, runtime, b.options); err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(b.now.Bootstrap())
	if err == nil {
		b.options.Port, err = strconv.Atoi(port)
	}
	return b, err
}

// Bootstrap is where it is, also while it is away.
func (b *Broker) Bootstrap() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.options.Port))
}

// Kill ends the broker as a power cut would, has something be done meanwhile, and starts it again.
func (b *Broker) Kill(ctx context.Context, meanwhile func()) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.now.Kill(); err != nil {
		return err
	}
	meanwhile()
	back, err := kafka.StartBroker(ctx, b.runtime, b.options)
	if err != nil {
		return err
	}
	b.now = back
	return nil
}

func (b *Broker) stop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now.Stop()
}
