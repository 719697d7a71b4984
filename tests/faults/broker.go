package faults

import (
	"context"
	"net"
	"strconv"
	"sync"

	"connectcharms/tests/faults/network"
	"connectcharms/tests/kafka"
)

// Broker is a broker that can be killed and comes back, with its data and at its address.
type Broker struct {
	runtime *kafka.Runtime
	options kafka.BrokerOptions
	way     *network.Wire // by which all come to it, itself too

	mu  sync.Mutex // held while it is away
	now *kafka.Broker
}

func startBroker(ctx context.Context, runtime *kafka.Runtime, dir string) (*Broker, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	way, err := network.Lay(net.JoinHostPort(network.Own, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	b := &Broker{runtime: runtime, way: way, options: kafka.BrokerOptions{
		Dir: dir, Address: network.Own, Port: port, Extra: map[string]string{"advertised.listeners": "PLAINTEXT://" + way.Address()},
	}}
	if b.now, err = kafka.StartBroker(ctx, runtime, b.options); err != nil {
		way.Close()
		return nil, err
	}
	return b, nil
}

// freePort is one that nobody uses, and which stays so while the broker is away.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(network.Own, "0"))
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// Bootstrap is where it is, also while it is away: the beginning of the way to it.
func (b *Broker) Bootstrap() string { return b.way.Address() }

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
	err := b.now.Stop()
	b.way.Close()
	return err
}
