package charm

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

// Config is the application's configuration, read.
type Config struct {
	BootstrapServers  []string
	Group             string
	Port              int // of the gateway
	HeapMiB           int
	ReplicationFactor int
	Plugins           plugins.Limits
	Problem           string // what is wrong with it; nothing is acted on then
}

// readConfig reads what Juju has checked for type only.
func readConfig(options hook.Config, event hook.Event) Config {
	config := Config{
		Group:             options.String("group-id"),
		Port:              options.Int("rest-port"),
		HeapMiB:           options.Int("worker-heap"),
		ReplicationFactor: options.Int("topic-replication-factor"),
		Plugins:           plugins.DefaultLimits(),
	}
	if config.Group == "" {
		config.Group = fmt.Sprintf("%s-%.8s", event.Application(), event.ModelUUID)
	}
	config.Plugins.Download = int64(options.Int("plugin-size-limit")) << 20
	config.Plugins.Total = time.Duration(options.Int("plugin-download-timeout")) * time.Second
	config.BootstrapServers, config.Problem = readServers(options.String("bootstrap-servers"))
	for _, limit := range []struct {
		name       string
		value      int
		least, top int
	}{
		{"rest-port", config.Port, 1, 65535},
		{"worker-heap", config.HeapMiB, 64, 1 << 20},
		{"plugin-size-limit", options.Int("plugin-size-limit"), 1, 1 << 20},
		{"plugin-download-timeout", options.Int("plugin-download-timeout"), 1, 3600},
	} {
		if limit.value < limit.least || limit.value > limit.top {
			config.Problem = fmt.Sprintf("config %s is %d: set it between %d and %d", limit.name, limit.value, limit.least, limit.top)
		}
	}
	if !legalGroup.MatchString(config.Group) {
		config.Problem = fmt.Sprintf("config group-id: %.60q: use 1 to 200 of A-Z a-z 0-9 . _ -, for topics are named after it", config.Group)
	}
	if config.ReplicationFactor != -1 && config.ReplicationFactor < 1 {
		config.Problem = fmt.Sprintf("config topic-replication-factor is %d: set it to -1 (as the brokers are set) or at least 1", config.ReplicationFactor)
	}
	if config.Port == worker.Port {
		config.Problem = fmt.Sprintf("config rest-port is %d: that is the worker's own port on loopback, set another", worker.Port)
	}
	return config
}

// legalGroup is what Kafka takes in a topic's name, with room for what is put behind it.
var legalGroup = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)

// readServers splits "host:port,host:port".
func readServers(text string) (servers []string, problem string) {
	for server := range strings.SplitSeq(text, ",") {
		server = strings.TrimSpace(server)
		if server == "" {
			continue
		}
		host, port, err := net.SplitHostPort(server)
		number, portErr := strconv.Atoi(port)
		if err != nil || portErr != nil || host == "" || number < 1 || number > 65535 || strings.ContainsAny(host, " \t\r\n\\=") {
			return nil, fmt.Sprintf("config bootstrap-servers: %.60q is not host:port", server)
		}
		servers = append(servers, server)
	}
	return servers, ""
}

// Settings is what a worker of this unit is started with.
func (c Config) Settings(w *World) worker.Settings {
	return worker.Settings{
		KafkaDir: w.Runtime.KafkaDir, JavaHome: w.Runtime.JavaHome, Dir: w.Runtime.WorkerDir, PluginPath: w.Runtime.PluginPath,
		BootstrapServers: c.BootstrapServers, Group: c.Group, ReplicationFactor: c.ReplicationFactor,
		Address: w.Address, GatewayPort: c.Port, HeapMiB: c.HeapMiB,
	}
}
