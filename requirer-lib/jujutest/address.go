package jujutest

import (
	"errors"
	"fmt"
	random "math/rand/v2"
	"net"
	"syscall"
)

// address is a loopback address of a unit's own. It is taken across processes by listening on an abstract socket of its
// name: such names are known throughout the network namespace, as loopback addresses are, and the kernel frees them when
// this process ends in whatever way.
type address struct {
	ip   string
	lock net.Listener
}

// The addresses are 127.0.16.1 to 127.0.255.254: 127.0.0.x stays free for what people run by hand.
const (
	firstBlock, blocks = 16, 240
	hosts              = 254
)

// takeAddress takes a free address, starting at a random one.
func takeAddress() (*address, error) {
	start := random.IntN(blocks * hosts)
	for i := range blocks * hosts {
		n := (start + i) % (blocks * hosts)
		ip := fmt.Sprintf("127.0.%d.%d", firstBlock+n/hosts, 1+n%hosts)
		lock, err := net.Listen("unix", "@jujutest-"+ip)
		if err == nil {
			return &address{ip: ip, lock: lock}, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("take the loopback address %s: %w", ip, err)
		}
	}
	return nil, fmt.Errorf("take a loopback address: all %d are in use", blocks*hosts)
}

// giveBack lets others have the address.
func (a *address) giveBack() {
	if a != nil {
		a.lock.Close()
	}
}
