package api

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Certificate is what the API shows of itself: that of two files, also when these change. A pair that cannot be used
// changes nothing.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2]stamp
}

// stamp tells whether a file is still the one that was read.
type stamp struct {
	changed time.Time
	size    int64
}

// ReadCertificate reads the files for the first time: then they must be right.
func ReadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	return c, nil
}

func (c *Certificate) read() error {
	seen, err := c.stamps()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	c.seen = seen
	if err == nil {
		c.current = &pair
	}
	return err
}

func (c *Certificate) stamps() (stamps [2]stamp, err error) {
	for i, path := range []string{c.certFile, c.keyFile} {
		found, err := os.Stat(path)
		if err != nil {
			return stamps, err
		}
		stamps[i] = stamp{found.ModTime(), found.Size()}
	}
	return stamps, nil
}

// get is asked at each handshake.
func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen, err := c.stamps(); err == nil && seen != c.seen {
		if err := c.read(); err != nil {
			c.log.Error("the certificate's files cannot be used; the one from before stays", "error", err)
		} else {
			c.log.Info("another certificate is shown from now on", "until", c.current.Leaf.NotAfter)
		}
	}
	return c.current, nil
}

func (c *Certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: c.get}
}
