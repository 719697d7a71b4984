// Package kafka runs real Apache Kafka brokers and Kafka Connect workers, for tests and for the demo.
//
// [Fetch] gets a Kafka runtime from Maven artifacts, once per machine, and lays it out like the Apache distribution. [StartBroker] and
// [StartWorker] run its processes on an address of the caller's choice; they end when the process that started them ends.
//
// It is not a Kafka client and not a Connect client: tests talk to what runs here through the code under test.
package kafka

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"connectcharms/tests/cache"
)

// DefaultVersion is the Kafka version that Fetch takes when none is named.
const DefaultVersion = "4.3.1"

// Runtime is one Kafka version on this machine's disk. Its files are shared by every process of the machine: read, never write.
type Runtime struct {
	// Version of Kafka, such as "4.3.1".
	Version string
	// Dir is the unpacked distribution: bin, config, libs, LICENSE and NOTICE.
	Dir string
	// Archive is Dir as a tar.gz with one folder, the file resource of the kafka-connect charm. It holds broker, worker and MirrorMaker,
	// and not the file connectors.
	Archive string
	// FilePlugin is a Connect plugin as a tar.gz with one folder: FileStreamSource and FileStreamSink, with service manifests.
	FilePlugin string
	// PluginPath is a directory with the unpacked FilePlugin, ready to be a worker's plugin.path.
	PluginPath string
}

// Fetch returns the runtime of a Kafka version ("" is DefaultVersion; Versions lists those there are).
//
// The first call on a machine downloads about 55 MB with Maven and takes up to a minute; progress is told that it goes on. It needs mvn, and
// java 17 or newer. Later calls find the result in the cache, touch no network, start no process and return in milliseconds. Processes
// that fetch at the same time wait for the first one. Every jar must be the recorded one, by its SHA-256.
func Fetch(ctx context.Context, version string, progress io.Writer) (*Runtime, error) {
	if version == "" {
		version = DefaultVersion
	}
	recipe, err := recipeFor(version)
	if err != nil {
		return nil, err
	}
	kept, err := cache.Dir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(kept, recipe.key())
	runtime := runtimeIn(dir, version)
	err = cache.Once(ctx, dir, runtime.complete, func(building string) error { return build(ctx, recipe, building, progress) })
	if err != nil {
		return nil, fmt.Errorf("fetch Kafka %s: %w", version, err)
	}
	return runtime, nil
}

// build lays a runtime out.
func build(ctx context.Context, recipe recipe, building string, progress io.Writer) error {
	maven := filepath.Join(building, "maven")
	if err := os.MkdirAll(maven, 0o755); err != nil {
		return err
	}
	if err := downloadJars(ctx, recipe, maven, progress); err != nil {
		return err
	}
	if err := layOut(recipe, filepath.Join(maven, jarFolder), building); err != nil {
		return err
	}
	return os.RemoveAll(maven)
}

func runtimeIn(dir, version string) *Runtime {
	return &Runtime{
		Version:    version,
		Dir:        filepath.Join(dir, distributionFolder(version)),
		Archive:    filepath.Join(dir, "kafka-connect-"+version+".tar.gz"),
		FilePlugin: filepath.Join(dir, "connect-file-plugin-"+version+".tar.gz"),
		PluginPath: filepath.Join(dir, "plugins"),
	}
}

func (r *Runtime) complete() bool {
	for _, path := range []string{r.Dir, r.Archive, r.FilePlugin, r.PluginPath} {
		if _, err := os.Stat(path); err != nil {
			return false
		}
	}
	return true
}

// JVMOptions is the file of options with which the distribution's commands start a JVM fast, for what else runs Kafka in a test.
func (r *Runtime) JVMOptions() string { return r.script("jvm.options") }

// script is the path of one command of the distribution.
func (r *Runtime) script(name string) string { return filepath.Join(r.Dir, "bin", name) }
