package kafka

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"connectcharms/tests/cache"
)

var (
	//go:embed jmxexporter/pom.xml
	jmxExporterPOM []byte
	//go:embed jmxexporter/jars.sha256
	jmxExporterSums []byte
)

// FetchJMXExporter returns the path of the jar of Prometheus' JMX exporter, the file resource jmx-exporter of the kafka-connect charm. It
// comes from Maven once per machine (3 MB), like what Fetch gets.
func FetchJMXExporter(ctx context.Context, progress io.Writer) (jar string, err error) {
	jars, err := parseSums(jmxExporterSums)
	if err != nil {
		return "", fmt.Errorf("read the recorded jar of the JMX exporter: %w", err)
	}
	kept, err := cache.Dir()
	if err != nil {
		return "", err
	}
	of := recipe{what: "the JMX exporter (3 MB)", version: "jmx", pom: jmxExporterPOM, jars: jars}
	dir := filepath.Join(kept, "jmx-exporter-"+of.digest())
	jar = filepath.Join(dir, jarFolder, sortedKeys(jars)[0])
	there := func() bool { _, err := os.Stat(jar); return err == nil }
	err = cache.Once(ctx, dir, there, func(building string) error { return downloadJars(ctx, of, building, progress) })
	if err != nil {
		return "", fmt.Errorf("fetch the JMX exporter: %w", err)
	}
	return jar, nil
}
