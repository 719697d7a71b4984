package gateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Config is the whole configuration of one gateway, a JSON object in a file. What is left out or 0 takes its default.
type Config struct {
	// Listen is the IP address and port that clients use: "10.1.2.3:8083". Port 0 takes a free one.
	Listen string `json:"listen"`
	// TLS is the certificate that clients are shown; nil: none, and clients come without TLS.
	TLS *KeyPair `json:"tls,omitempty"`
	// Plain lets clients in without TLS beside those with TLS, on the same port. Without a certificate it is so anyway.
	Plain bool `json:"plain,omitempty"`
	// Internal is where the other workers of the group come in; nil is for a group of one worker.
	Internal *Internal `json:"internal,omitempty"`
	// Metrics is the IP address and port that answers GET /metrics to everybody, without TLS; "" is none.
	Metrics string `json:"metrics,omitempty"`
	// MetricsWorker is where the worker's own exporter answers, on loopback: "http://127.0.0.1:8086/metrics". GET
	// /metrics/worker of the metrics' address passes it on; "" is no exporter.
	MetricsWorker string `json:"metrics_worker,omitempty"`
	// Upstream is the worker: "http://127.0.0.1:8084". It must be a loopback address, because whoever reaches the
	// worker itself needs no account.
	Upstream string `json:"upstream"`
	// Accounts is the absolute path of the file that accounts.Set.WriteFile writes.
	Accounts string `json:"accounts"`
	// Control is the absolute path of the unix socket for Control. The owner of the process, and its group, can open it.
	Control string `json:"control"`
	// Audit is the absolute path of the file that gets the audit records; "" sends them to the log.
	Audit string `json:"audit,omitempty"`

	// Rate is how many requests one client's account may make per second in the long run; 0 sets no limit. Accounts of
	// the operator have none: who mends things has to get in while a client runs wild.
	Rate int `json:"rate,omitempty"`
	// Burst is how many requests an account may make at once, before Rate counts (twice Rate, 10 at least).
	Burst int `json:"burst,omitempty"`
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

// KeyPair names the files of a certificate (the server's first, then those that sign it) and its private key, in PEM.
// They are read again at each reload.
type KeyPair struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// takesPlain says whether clients may come without TLS.
func (c Config) takesPlain() bool { return c.Plain || c.TLS == nil }

// identity is the key pair that is shared with the other workers, or nil.
func (c Config) identity() *KeyPair {
	if c.Internal == nil {
		return nil
	}
	return &c.Internal.KeyPair
}

// Internal is a listener of mutual TLS, in which both sides hold the same key pair: the identity that all units of the
// application share.
type Internal struct {
	Listen string `json:"listen"` // IP address and port
	KeyPair
}

// maxConfigSize bounds what Load reads, in bytes.
const maxConfigSize = 64 << 10

// Load reads a configuration file and refuses unknown keys, data after the end and values that cannot work.
func Load(path string) (Config, error) {
	config, _, err := load(path)
	return config, err
}

// Revision names the content of a configuration file, as Status tells it.
func Revision(document []byte) string {
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:])
}

// load also gives the revision of what it has read.
func load(path string) (config Config, revision string, err error) {
	document, err := readFile(path)
	if err == nil {
		config, err = parseConfig(document)
	}
	if err == nil {
		config, err = config.complete()
	}
	if err != nil {
		return Config{}, "", fmt.Errorf("cannot use gateway configuration %s: %w", path, err)
	}
	return config, Revision(document), nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxConfigSize+1))
	if err == nil && len(data) > maxConfigSize {
		err = fmt.Errorf("it is larger than %d bytes", maxConfigSize)
	}
	return data, err
}

func parseConfig(data []byte) (Config, error) {
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
