package pair

import (
	"path/filepath"
	"strings"

	"connectcharms/requirer-lib/jujutest"
)

// Substrate is what kafka-connect lives on. All in which models on machines and on Kubernetes differ is here.
type Substrate struct {
	Name      string
	Charm     func(Parts) string            // directory of the built charm
	Resources func(Parts) map[string]string // that it needs
	data      func(unit string) string      // where a unit has its files, below its root
	seen      string                        // what the services take for that root, below it
}

// Machines are the substrate of the charm kafka-connect.
var Machines = Substrate{
	Name:      "machines",
	Charm:     func(p Parts) string { return p.Charms.KafkaConnect },
	Resources: func(p Parts) map[string]string { return map[string]string{"kafka": p.Kafka.Archive} },
	data:      func(unit string) string { return filepath.Join("var/lib", strings.ReplaceAll(unit, "/", "-")) },
}

// Kubernetes is the substrate of the charm kafka-connect-k8s.
var Kubernetes = Substrate{
	Name:      "kubernetes",
	Charm:     func(p Parts) string { return p.Charms.KafkaConnectK8s },
	Resources: func(p Parts) map[string]string { return map[string]string{"kafka-connect-image": p.Image} },
	data:      func(string) string { return "var/lib/kafka-connect" },
	seen:      "charm/containers/kafka-connect/root",
}

// Data is where a unit of the provider has its files.
func (s Substrate) Data(unit jujutest.UnitInfo) string {
	return filepath.Join(unit.Root, s.data(unit.Name))
}

// Seen is where the services of a unit see its files.
func (s Substrate) Seen(unit jujutest.UnitInfo) string {
	return filepath.Join(unit.Root, s.seen, s.data(unit.Name))
}
