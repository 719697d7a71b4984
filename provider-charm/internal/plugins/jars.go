package plugins

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

const (
	// longestDirectory is the most bytes read of a jar's own list of files. The largest jars have some 5 MB of it; one
	// made to exhaust memory can have the whole jar.
	longestDirectory = 16 << 20
	// longestManifests is the most bytes of all service manifests of a plugin. Real ones have some hundred.
	longestManifests = 1 << 20
)

// services are the interfaces whose service manifests Connect's plugin.discovery=service_load reads and whose
// implementations GET /connector-plugins?connectorsOnly=false lists (PluginType in
// org.apache.kafka.connect.runtime.isolation). Connect loads config providers, REST extensions and client override
// policies the same way, but does not list them there: nobody could see that they were loaded.
var services = []string{
	"org.apache.kafka.connect.source.SourceConnector",
	"org.apache.kafka.connect.sink.SinkConnector",
	"org.apache.kafka.connect.storage.Converter",
	"org.apache.kafka.connect.storage.HeaderConverter",
	"org.apache.kafka.connect.transforms.Transformation",
	"org.apache.kafka.connect.transforms.predicates.Predicate",
}

// classesIn returns the Connect classes that the jars below dir offer, sorted, each once. No jar, a jar that cannot be
// read, and jars that offer nothing are InstallErrors: a worker would start with them and not have the connector.
func classesIn(ctx context.Context, dir string) ([]string, error) {
	jars, err := jarsIn(dir)
	if err != nil {
		return nil, err
	}
	if len(jars) == 0 {
		return nil, failed(NoJar, "no jar inside")
	}
	var found manifests
	for _, jar := range jars {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := found.addJar(jar); err != nil {
			return nil, failed(BrokenJar, "%s inside is broken: %w", quoted(filepath.Base(jar)), err)
		}
	}
	if len(found.classes) == 0 {
		return nil, failed(NoManifest, "no service manifest in its jars: invisible to plugin.discovery=service_load")
	}
	slices.Sort(found.classes)
	return slices.Compact(found.classes), nil
}

// jarsIn lists the jars where Connect looks for them: at any depth, the ending in either case.
func jarsIn(dir string) ([]string, error) {
	var jars []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && strings.EqualFold(filepath.Ext(path), ".jar") {
			jars = append(jars, path)
		}
		return err
	})
	return jars, err
}

// manifests gathers the Connect classes that service manifests name.
type manifests struct {
	classes []string
	size    int64
}

func (m *manifests) addJar(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return m.read(file, info.Size())
}

// read adds what one jar of size bytes offers.
func (m *manifests) read(jar io.ReaderAt, size int64) error {
	bounded := &boundedReaderAt{source: jar, left: longestDirectory}
	archive, err := zip.NewReader(bounded, size)
	if err != nil {
		return err
	}
	bounded.left = longestDirectory
	for _, file := range archive.File {
		service, found := strings.CutPrefix(file.Name, "META-INF/services/")
		if !found || !slices.Contains(services, service) {
			continue
		}
		if err := m.add(file); err != nil {
			return err
		}
	}
	return nil
}

// add reads one service manifest: one class name a line, "#" begins a comment (java.util.ServiceLoader).
func (m *manifests) add(manifest *zip.File) error {
	file, err := manifest.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, longestManifests-m.size+1))
	if err != nil {
		return err
	}
	if m.size += int64(len(content)); m.size > longestManifests {
		return errTooLong
	}
	for line := range strings.Lines(string(content)) {
		name, _, _ := strings.Cut(line, "#")
		name = strings.TrimSpace(name)
		if strings.ContainsFunc(name, notInClassName) {
			return fmt.Errorf("its manifest names %s, which is no class", quoted(name))
		}
		if name != "" {
			m.classes = append(m.classes, name)
		}
	}
	return nil
}

// notInClassName holds for what java.util.ServiceLoader refuses in a class name, and with it the whole manifest.
func notInClassName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._$", r)
}

var errTooLong = errors.New("its list of files or services is too long")

// boundedReaderAt fails once more than left bytes were read: archive/zip keeps all of a jar's list of files in memory,
// and a small jar can name the same compressed bytes any number of times.
type boundedReaderAt struct {
	source io.ReaderAt
	left   int64
}

func (b *boundedReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errTooLong
	}
	return b.source.ReadAt(p, offset)
}
