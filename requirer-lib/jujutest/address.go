package jujutest

import (
	"errors"
	"fmt"
	random "math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// address is a loopback address of a unit's own. It is taken across processes by a lock on a file, which the kernel lets go
// of when this process ends in whatever way.
type address struct {
	ip   string
	lock *os.File
}

// The addresses are 127.0.16.1 to 127.0.255.254: 127.0.0.x stays free for what people run by hand.
const (
	firstBlock, blocks = 16, 240
	hosts              = 254
)

// takeAddress takes a free address, starting at a random one.
func takeAddress() (*address, error) {
	dir := filepath.Join(os.TempDir(), "jujutest-addresses-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("take a loopback address: %w", err)
	}
	start := random.IntN(blocks * hosts)
	for i := range blocks * hosts {
		n := (start + i) % (blocks * hosts)
		ip := fmt.Sprintf("127.0.%d.%d", firstBlock+n/hosts, 1+n%hosts)
		file, err := os.OpenFile(filepath.Join(dir, ip), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("take the loopback address %s: %w", ip, err)
		}
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return &address{ip: ip, lock: file}, nil
		}
		file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock the loopback address %s: %w", ip, err)
		}
	}
	return nil, fmt.Errorf("take a loopback address: all %d are in use; see %s", blocks*hosts, dir)
}

// giveBack lets others have the address.
func (a *address) giveBack() {
	if a != nil {
		a.lock.Close()
	}
}
