package charm

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/hook"
)

// legalGroup is what Kafka takes in a topic's name, with room for what is put behind it.
var legalGroup = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)

// readKafkaConfig reads which Kafka the workers use, and under which names.
func readKafkaConfig(config *Config, options hook.Config, event hook.Event) (problem string) {
	config.Group = or(options.String("group-id"), fmt.Sprintf("%s-%.8s", event.Application(), event.ModelUUID))
	config.ReplicationFactor = options.Int("topic-replication-factor")
	config.BootstrapServers, problem = readServers(options.String("bootstrap-servers"))
	switch {
	case problem != "":
		return problem
	case !legalGroup.MatchString(config.Group):
		return fmt.Sprintf("config group-id: %.60q: use 1 to 200 of A-Z a-z 0-9 . _ -, for topics are named after it", config.Group)
	case config.ReplicationFactor != -1 && config.ReplicationFactor < 1:
		return fmt.Sprintf("config topic-replication-factor is %d: set it to -1 (as the brokers are set) or at least 1", config.ReplicationFactor)
	}
	return ""
}

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
