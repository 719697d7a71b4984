// Package worker is one Kafka Connect worker: the settings it is started with, and what it says of itself over its REST
// interface, which listens on loopback only. It decides nothing and restarts nothing.
package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/provider-charm/internal/properties"
	"connectcharms/requirer-lib/supervisor"
)

// Port is where the worker's own REST interface listens, on loopback, behind the gateway.
const Port = 8084

// Settings are all that a worker's process is started with.
type Settings struct {
	KafkaDir          string // unpacked Kafka distribution
	JavaHome          string // empty: java on PATH
	Dir               string // where the worker runs: the properties file, the logs and secrets of connectors are below it
	PluginPath        string
	Kafka             brokers.Access
	Group             string // the Connect group
	Topics            Topics
	ReplicationFactor int // of the topics; -1: as the broker is set
	ExactlyOnce       ExactlyOnce
	Converters        Converters
	OverridePolicy    string            // what connectors may change of their clients: All, None or Principal
	Extra             map[string]string // more properties, which CheckExtra has seen
	Address           string            // of the unit, where the other workers find its gateway; see Internal
	Internal          Internal
	HeapMiB           int
	JVMOption         string // one more for the JVM; empty: none
}

// Loopback is the address for what only this unit may reach. A unit whose own address is a loopback address, as in a
// model on one machine, keeps to that: 127.0.0.1 is shared by all such units.
func Loopback(unitAddress string) string {
	if address, err := netip.ParseAddr(unitAddress); err == nil && address.IsLoopback() {
		return unitAddress
	}
	return "127.0.0.1"
}

// URL is the worker's own REST interface.
func (s Settings) URL() string {
	return "http://" + net.JoinHostPort(Loopback(s.Address), strconv.Itoa(Port))
}

// What is in Dir: the file for Properties, and the directory of the logs, which alone the worker writes to.
const (
	PropertiesName = "worker.properties"
	LogsName       = "logs"
)

// Properties is the worker's configuration file. It holds the password for Kafka.
//
// Some settings keep the gap in records short when workers restart one at a time. The rebalance delay is 0: with Connect's
// default of five minutes, a worker that returns after seconds stays without tasks for the rest of them. The heartbeat is
// short, because by it the others learn that tasks are free. And a worker that stops closes the readers of the group's
// three topics, one after the other, after it has stopped its tasks and before it leaves the group: each close waits for
// the end of a fetch, which without records comes after fetch.max.wait.ms. (Consumers of connectors do not have it.) The
// protocol is the one in which workers sign what they ask of each other: the gateway lets such requests in without an
// account.
func (s Settings) Properties() string {
	all := s.openProperties()
	for _, part := range []map[string]string{s.Extra, s.Kafka.Properties(), s.groupProperties(), s.providerProperties(), s.Internal.properties(s), {
		"listeners":                        s.URL(),
		"plugin.path":                      s.PluginPath,
		"plugin.discovery":                 "service_load",
		"scheduled.rebalance.max.delay.ms": "0",
		"heartbeat.interval.ms":            "200",
		"fetch.max.wait.ms":                "100",
		"connect.protocol":                 "sessioned",
	}} {
		maps.Copy(all, part)
	}
	return properties.Format(all)
}

// Service is the worker as Pebble runs it. It is killed when it has not ended 15 s after SIGTERM: a worker needs 2-3 s
// as a rule, and some never end.
func (s Settings) Service() supervisor.Service {
	environment := map[string]string{
		"KAFKA_HEAP_OPTS": fmt.Sprintf("-Xmx%dm", s.HeapMiB),
		"KAFKA_OPTS":      s.jvmOptions(),
		"LOG_DIR":         filepath.Join(s.Dir, LogsName),
	}
	if s.JavaHome != "" {
		environment["JAVA_HOME"] = s.JavaHome
	}
	return supervisor.Service{
		Summary:  "Kafka Connect worker",
		Override: "replace", Startup: "enabled",
		Command:      filepath.Join(s.KafkaDir, "bin", "connect-distributed.sh") + " " + filepath.Join(s.Dir, PropertiesName),
		Environment:  environment,
		WorkingDir:   s.Dir,
		KillDelay:    "15s",
		BackoffDelay: "1s", BackoffLimit: "30s",
		OnCheckFailure: map[string]string{answersCheck: "restart"},
	}
}

// Fingerprint tells whether a running worker has these settings: it changes with anything that a restart would change.
func (s Settings) Fingerprint() string {
	service := s.Service()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%v\x00%s", s.Properties(), service.Environment, service.Command))
	return hex.EncodeToString(sum[:8])
}
