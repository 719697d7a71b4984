package gateway

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"
)

// complete fills in the defaults and checks the rest.
func (c Config) complete() (Config, error) {
	for _, limit := range []struct {
		name     string
		value    *int64
		fallback int64
	}{
		{"max_body", &c.MaxBody, 1 << 20},
		{"max_signed_body", &c.MaxSignedBody, 8 << 20},
		{"max_listing", &c.MaxListing, 64 << 20},
		{"body_timeout", (*int64)(&c.BodyTimeout), int64(30 * time.Second)},
		{"upstream_timeout", (*int64)(&c.UpstreamTimeout), int64(120 * time.Second)},
		{"shutdown_timeout", (*int64)(&c.ShutdownTimeout), int64(10 * time.Second)},
	} {
		if *limit.value == 0 {
			*limit.value = limit.fallback
		}
		if *limit.value < 0 {
			return Config{}, fmt.Errorf("%s must be above 0", limit.name)
		}
	}
	if c.Burst == 0 {
		c.Burst = max(10, 2*c.Rate)
	}
	if c.Rate < 0 || c.Burst < 0 {
		return Config{}, errors.New("rate and burst must not be below 0")
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 256
	}
	if c.MaxInFlightPerAccount == 0 {
		c.MaxInFlightPerAccount = min(64, c.MaxInFlight)
	}
	if c.MaxInFlight < 0 || c.MaxInFlightPerAccount < 0 {
		return Config{}, errors.New("max_in_flight and max_in_flight_per_account must be above 0")
	}
	return c, c.checkPlaces()
}

func (c Config) checkPlaces() error {
	worker, err := c.upstream()
	if err != nil {
		return err
	}
	if err := errors.Join(c.checkAddresses(worker.Host), c.checkMetricsWorker()); err != nil {
		return err
	}
	files := []place{{"accounts", c.Accounts}, {"control", c.Control}}
	if c.Audit != "" {
		files = append(files, place{"audit", c.Audit})
	}
	if c.TLS != nil {
		files = append(files, c.TLS.places("tls")...)
	}
	if c.Internal != nil {
		files = append(files, c.Internal.places("internal")...)
	}
	for _, file := range files {
		if !filepath.IsAbs(file.value) {
			return fmt.Errorf("%s %q: it must be the absolute path of a file", file.key, file.value)
		}
	}
	return nil
}

// place is a key of the configuration, and the address or path that it holds.
type place struct{ key, value string }

func (p KeyPair) places(of string) []place {
	return []place{{of + ".certificate", p.Certificate}, {of + ".key", p.Key}}
}

// addresses are all that the gateway listens on.
func (c Config) addresses() []place {
	all := []place{{"listen", c.Listen}}
	if c.Internal != nil {
		all = append(all, place{"internal.listen", c.Internal.Listen})
	}
	if c.Metrics != "" {
		all = append(all, place{"metrics", c.Metrics})
	}
	return all
}

func (c Config) checkAddresses(worker string) error {
	taken := map[string]string{worker: "upstream"}
	for _, address := range c.addresses() {
		parsed, err := netip.ParseAddrPort(address.value)
		if err != nil {
			return fmt.Errorf("%s %q: it must be an IP address and a port, such as 10.1.2.3:8083", address.key, address.value)
		}
		if other, twice := taken[address.value]; twice && parsed.Port() != 0 {
			return fmt.Errorf("%s and %s are both %s: each needs an address of its own", other, address.key, address.value)
		}
		taken[address.value] = address.key
	}
	return nil
}

func (c Config) upstream() (*url.URL, error) {
	worker, err := url.Parse(c.Upstream)
	if err != nil || worker.String() != "http://"+worker.Host {
		return nil, fmt.Errorf("upstream %q: it must be of the form http://127.0.0.1:8084", c.Upstream)
	}
	address, err := netip.ParseAddrPort(worker.Host)
	if err != nil || !address.Addr().IsLoopback() {
		return nil, fmt.Errorf("upstream %q: it must be a loopback address and a port, where nobody can go round the gateway", c.Upstream)
	}
	return worker, nil
}
