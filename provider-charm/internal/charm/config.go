package charm

import (
	"fmt"
	"time"

	"connectcharms/provider-charm/internal/kafkaclient"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

// Config is the application's configuration, read.
type Config struct {
	BootstrapServers []string
	KafkaSecret      string // URI of a user secret
	KafkaForm        kafkaclient.Version
	Group            Group
	Levels           Levels
	Port             int // of the gateway
	ClientRate       int // requests per second of one client; 0: no limit
	BodyKiB          int // most of one request
	MetricsPort      int // 0: no metrics
	HeapMiB          int
	Plugins          plugins.Limits
	PluginDigests    map[string]plugins.Digest // by application: it gets these bytes or none
	PluginSecret     string                    // URI of a user secret
	Network          plugins.Network           // how plugins are fetched, but for credentials
	OperatorSecret   string                    // URI of a user secret
	RotationPolicy   string                    // how often Juju asks for other passwords
	Overlap          time.Duration             // how long an old password goes on working
	TLSSecret        string                    // URI of a user secret
	TLSNames         []string                  // what certificates name beside the unit's address
	TLSOverlap       time.Duration             // how long clients get to follow a change of TLS
	Problem          string                    // what is wrong with it; nothing is acted on then
}

// readConfig reads what Juju has checked for type only. Each subject reads its own options; of several problems the first
// is told.
func readConfig(options hook.Config, event hook.Event) Config {
	config := Config{}
	for _, read := range []func(*Config, hook.Config, hook.Event) (problem string){
		readKafkaConfig, readGroupConfig, readLoggersConfig, readGatewayConfig, readWorkerConfig, readPluginsConfig, readDownloadsConfig,
		readOperatorConfig, readRotationConfig, readTLSConfig, readWatchConfig,
	} {
		if problem := read(&config, options, event); problem != "" && config.Problem == "" {
			config.Problem = problem
		}
	}
	return config
}

// within reads a number that has bounds.
func within(options hook.Config, name string, least, most int) (value int, problem string) {
	value = options.Int(name)
	if value < least || value > most {
		problem = fmt.Sprintf("config %s is %d: set it between %d and %d", name, value, least, most)
	}
	return value, problem
}

// Settings is what a worker of this unit is started with.
func (c Config) Settings(w *World) worker.Settings {
	return worker.Settings{
		KafkaDir: w.Runtime.KafkaDir, JavaHome: w.Runtime.JavaHome, Dir: w.Runtime.WorkerDir, PluginPath: w.Runtime.PluginPath,
		Kafka: w.Kafka.Access, Group: c.Group.Name, Topics: c.Group.Topics, ReplicationFactor: c.Group.ReplicationFactor,
		ExactlyOnce: w.exactlyOnce(), Converters: c.Group.Converters, OverridePolicy: c.Group.OverridePolicy, Extra: c.Group.Extra,
		Address: w.Address, Internal: w.Identity.forWorker(), HeapMiB: c.HeapMiB, JVMOption: w.Watch.JMX.Option,
	}
}
