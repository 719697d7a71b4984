package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// Config is the whole configuration of one gateway, a JSON object in a file. What is left out or 0 takes its default.
type Config struct {
	// Listen is the IP address and port that clients and other workers use: "10.1.2.3:8083". Port 0 takes a free one.
	Listen string `json:"listen"`
	// Upstream is the worker: "http://127.0.0.1:8084". It must be a loopback address, because whoever reaches the
	// worker itself needs no account.
	Upstream string `json:"upstream"`
	// Accounts is the absolute path of the file that accounts.Set.WriteFile writes.
	Accounts string `json:"accounts"`
	// Control is the absolute path of the unix socket for Control. Only the owner of the process can open it.
	Control string `json:"control"`

	// MaxBody is the most bytes a client's request may carry (1 MiB: Kafka Connect stores a connector's configuration
	// in one record, and that is Kafka's own limit of a record).
	MaxBody int64 `json:"max_body,omitempty"`
	// MaxSignedBody is the most bytes of a request that another worker signed: all task configurations of one
	// connector (8 MiB).
	MaxSignedBody int64 `json:"max_signed_body,omitempty"`
	// MaxListing is the most bytes of the worker's list of connectors that the gateway filters (64 MiB).
	MaxListing int64 `json:"max_listing,omitempty"`
	// MaxInFlight is how many requests of accounts may be at work at one time (256).
	MaxInFlight int `json:"max_in_flight,omitempty"`
	// MaxInFlightPerAccount is how many of those one account may have (64).
	MaxInFlightPerAccount int `json:"max_in_flight_per_account,omitempty"`

	// BodyTimeout is how long a client may take to send its body (30s).
	BodyTimeout Duration `json:"body_timeout,omitempty"`
	// UpstreamTimeout is how long the worker may take to begin its answer (120s: Connect itself gives up after 90s).
	UpstreamTimeout Duration `json:"upstream_timeout,omitempty"`
	// ShutdownTimeout is how long requests at work may go on after the end was asked for (10s). Pebble's kill-delay
	// (5s when not set) has to be longer.
	ShutdownTimeout Duration `json:"shutdown_timeout,omitempty"`
}

// maxConfigSize bounds what Load reads, in bytes.
const maxConfigSize = 64 << 10

// Load reads a configuration file and refuses unknown keys, data after the end and values that cannot work.
func Load(path string) (Config, error) {
	config, err := readConfig(path)
	if err == nil {
		config, err = config.complete()
	}
	if err != nil {
		return Config{}, fmt.Errorf("cannot use gateway configuration %s: %w", path, err)
	}
	return config, nil
}

func readConfig(path string) (Config, error) {
	file, err := os.Open(path)
	if err != nil {
		return Config{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxConfigSize+1))
	if err != nil {
		return Config{}, err
	}
	if len(data) > maxConfigSize {
		return Config{}, fmt.Errorf("it is larger than %d bytes", maxConfigSize)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var config Config
	if err := decoder.Decode(&config); err != nil {
		return Config{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Config{}, errors.New("there is other data behind the JSON object")
	}
	return config, nil
}

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
	if _, err := netip.ParseAddrPort(c.Listen); err != nil {
		return fmt.Errorf("listen %q: it must be an IP address and a port, such as 10.1.2.3:8083", c.Listen)
	}
	worker, err := c.upstream()
	if err != nil {
		return err
	}
	if worker.Host == c.Listen {
		return fmt.Errorf("listen and upstream are both %s: the gateway would call itself", c.Listen)
	}
	if !filepath.IsAbs(c.Accounts) {
		return fmt.Errorf("accounts %q: it must be the absolute path of a file", c.Accounts)
	}
	if !filepath.IsAbs(c.Control) {
		return fmt.Errorf("control %q: it must be the absolute path of a socket", c.Control)
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

// Duration is a time.Duration that a JSON document writes as "1m30s".
type Duration time.Duration

// MarshalText writes the duration as time.Duration prints it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 30s or 2m", text)
	}
	*d = Duration(parsed)
	return nil
}
