package kafka

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
)

const (
	brokerHeap = "256m"
	// dataFolder is where a broker keeps its records, below its Dir.
	dataFolder = "data"
)

// BrokerOptions say where a broker runs.
type BrokerOptions struct {
	// Address to listen on ("" is 127.0.0.1) and to name to clients.
	Address string
	// Port for clients; 0 takes a free one. A broker that is started again for the same clients needs the same port.
	Port int
	// Dir holds the broker's configuration and data, and must be named. It is made where it is missing. A broker started again in the
	// same Dir has its topics.
	Dir string
	// Log gets what the broker prints; nil drops it.
	Log io.Writer
	// TLS has the broker listen with TLS too, with a certificate for Address of this authority; nil: it does not.
	TLS *Authority
	// SCRAM has the broker listen for users that log in too, see Broker.SetUser.
	SCRAM bool
	// ACLs has the broker let users do only what rules allow them. Whoever comes without a login, at Plaintext, may do everything, and make
	// such rules.
	ACLs bool
	// Extra settings, which win over the ones made here.
	Extra map[string]string
	// Properties are the JVM's, beside settings: what a broker takes only so.
	Properties map[string]string
}

// Broker is a Kafka cluster of one node. It always listens without TLS and for everyone; see Broker.At for more.
type Broker struct {
	*Process
	bootstrap string
	listeners map[Protocol]string
}

// StartBroker returns when the broker answers requests of clients. The context bounds the start only (5 min, where it has no deadline):
// the broker runs until Stop, Kill, or the end of this process. A port that is taken is an error that says so.
func StartBroker(ctx context.Context, runtime *Runtime, options BrokerOptions) (*Broker, error) {
	if options.Address == "" {
		options.Address = defaultAddress
	}
	dir, err := prepare(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("start a broker: %w", err)
	}
	options.Dir = dir
	broker, err := onPort(ctx, options.Address, options.Port, func(port int) (*Broker, error) {
		return startBroker(ctx, runtime, options, port)
	})
	if err != nil {
		return nil, fmt.Errorf("start a broker: %w", err)
	}
	return broker, nil
}

// Bootstrap is the address and port of the broker, a client's bootstrap.servers.
func (b *Broker) Bootstrap() string { return b.bootstrap }

// At is the address and port at which the broker speaks a protocol; empty when it does not.
func (b *Broker) At(protocol Protocol) string { return b.listeners[protocol] }

func startBroker(ctx context.Context, runtime *Runtime, options BrokerOptions, port int) (*Broker, error) {
	controllerPort, err := openPort(ctx, options.Address, 0)
	if err != nil {
		return nil, err
	}
	listeners, err := openListeners(ctx, options, port)
	if err != nil {
		return nil, err
	}
	settings, err := brokerSettings(options, listeners, controllerPort)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(options.Dir, "server.properties")
	if err := properties(config, settings); err != nil {
		return nil, err
	}
	if err := format(ctx, runtime, options, config); err != nil {
		return nil, err
	}
	broker := &Broker{bootstrap: listeners[Plaintext], listeners: listeners}
	start := command(runtime, options.Dir, brokerHeap, "kafka-server-start.sh", config)
	giveProperties(start, options.Properties)
	broker.Process, err = startProcess("the broker on "+broker.bootstrap, start, options.Log)
	if err != nil {
		return nil, err
	}
	ready := func(ctx context.Context) error { return askMetadata(ctx, broker.bootstrap) }
	if err := broker.waitUntil(ctx, ready); err != nil {
		return nil, err
	}
	return broker, nil
}

// format prepares an empty data directory, and leaves one that is prepared already.
func format(ctx context.Context, runtime *Runtime, options BrokerOptions, config string) error {
	if _, err := os.Stat(filepath.Join(options.Dir, dataFolder, "meta.properties")); err == nil {
		return nil
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // Never fails.
	id[0] &= 0x7f           // The tool would take an id that begins with "-" for an option.
	formatting, err := startProcess("the formatting of "+options.Dir, command(runtime, options.Dir, brokerHeap, "kafka-storage.sh",
		"format", "--cluster-id", base64.RawURLEncoding.EncodeToString(id[:]), "--config", config), options.Log)
	if err != nil {
		return err
	}
	select {
	case <-formatting.ended:
	case <-ctx.Done():
		return errors.Join(ctx.Err(), formatting.Kill())
	}
	if formatting.err != nil {
		return fmt.Errorf("format the broker's storage in %s: %w, last output:\n%s", options.Dir, formatting.err, formatting.output.tail())
	}
	return nil
}

// brokerSettings is one node that is broker and controller, with one copy of everything and no waiting for others.
func brokerSettings(options BrokerOptions, listeners map[Protocol]string, controllerPort int) (map[string]string, error) {
	controller := endpoint(options.Address, controllerPort)
	settings, err := securitySettings(options, listeners, controller)
	if err != nil {
		return nil, err
	}
	maps.Copy(settings, map[string]string{
		"process.roles":                            "broker,controller",
		"node.id":                                  "1",
		"controller.quorum.voters":                 "1@" + controller,
		"controller.listener.names":                "CONTROLLER",
		"log.dirs":                                 filepath.Join(options.Dir, dataFolder),
		"num.partitions":                           "1",
		"group.initial.rebalance.delay.ms":         "0",
		"offsets.topic.replication.factor":         "1",
		"offsets.topic.num.partitions":             "1",
		"transaction.state.log.replication.factor": "1",
		"transaction.state.log.min.isr":            "1",
		"transaction.state.log.num.partitions":     "1",
		// A broker that was killed cannot register again before its session is over: the default is 9 s.
		"broker.session.timeout.ms":    "3000",
		"broker.heartbeat.interval.ms": "500",
		// The default, 128 MB, would be half of the heap.
		"log.cleaner.dedupe.buffer.size": "4194304",
	})
	maps.Copy(settings, options.Extra)
	return settings, nil
}
