package pair

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/image"
	"connectcharms/tests/kafka"
)

// Provider is the name of the kafka-connect charm's application.
const Provider = "kafka-connect"

// Parts are what models of the pair are made of, built and fetched once.
type Parts struct {
	Charms charms.Built
	Kafka  *kafka.Runtime
	Image  string // of the workload, on Kubernetes: Kafka as the real one has it, and the Java of this machine
}

// Prepare builds the charms and fetches Kafka, out of the cache where they are there.
func Prepare(ctx context.Context) (parts Parts, err error) {
	kept, err := cache.Dir()
	if err != nil {
		return Parts{}, err
	}
	if parts.Charms, err = charms.Build(ctx, filepath.Join(kept, "charms")); err != nil {
		return Parts{}, err
	}
	if parts.Kafka, err = kafka.Fetch(ctx, kafka.DefaultVersion, os.Stderr); err != nil {
		return Parts{}, err
	}
	parts.Image, err = image.Kafka(ctx, kept)
	return parts, err
}

// NewModel makes an empty model in which the charms can run, on machines and in pods.
func (p Parts) NewModel(options jujutest.Options) (*jujutest.Model, error) {
	options.PebbleBinary, options.IsolateContainers = p.Charms.Pebble, canIsolate()
	// The image's own are for workers that run for months. On machines, the distribution has these.
	options.Environ = append(options.Environ, "KAFKA_JVM_PERFORMANCE_OPTS=@"+p.Kafka.JVMOptions())
	return jujutest.New(options)
}

// canIsolate says whether containers can be kept from seeing the charm's files, as those of pods are.
func canIsolate() bool {
	return os.Geteuid() == 0 && exec.Command("unshare", "--mount", "true").Run() == nil
}

// Deploy deploys kafka-connect on a Kafka at bootstrap.
func (p Parts) Deploy(model *jujutest.Model, on Substrate, bootstrap string, units int, config map[string]any) error {
	all := map[string]any{"bootstrap-servers": bootstrap}
	maps.Copy(all, config)
	return model.Deploy(Provider, jujutest.FromDir(on.Charm(p)), jujutest.DeployOptions{
		Units: units, Config: all, Resources: on.Resources(p),
	})
}
