package plugins

import (
	"archive/zip"
	"context"
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
	manifestDir = "META-INF/services/"
	// longestManifests is the most bytes of all service manifests of a plugin. Real ones have some hundred.
	longestManifests = 1 << 20
)

// offer is the classes of a plugin that stand for Connect's services, by service.
type offer struct {
	named map[string][]string // by the manifests of its jars
	found map[string][]string // in its jars, without a manifest that names them
	size  int64               // of the manifests
}

// offerOf reads what the jars below dir offer. No jar, a jar that cannot be read, and jars that offer nothing are
// InstallErrors: a worker would start with them and not have the connector.
//
// A plugin whose manifests name a connector is taken at its word, as nearly all are that were built since Kafka 3.6. In
// the others all class files are looked at.
func offerOf(ctx context.Context, dir string, limits Limits) (offer, error) {
	jars, err := jarsIn(dir)
	if err != nil {
		return offer{}, err
	}
	if len(jars) == 0 {
		return offer{}, failed(NoJar, "no jar inside")
	}
	o := offer{named: map[string][]string{}}
	for _, jar := range jars {
		if err := o.addManifests(ctx, jar); ctx.Err() != nil {
			return offer{}, ctx.Err()
		} else if err != nil {
			return offer{}, failed(BrokenJar, "%s inside is broken: %w", quoted(filepath.Base(jar)), err)
		}
	}
	if !o.namesConnector() {
		if err := o.search(ctx, jars, limits); err != nil {
			return offer{}, err
		}
	}
	if len(listed(o.named))+len(listed(o.found)) == 0 {
		return offer{}, failed(NoClass, "its jars hold no connector, converter, transformation or predicate")
	}
	return o, nil
}

// listed is the classes that a worker lists, sorted, each once.
func listed(classes map[string][]string) []string {
	var all []string
	for _, service := range services {
		if service.listed {
			all = append(all, classes[service.name]...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (o *offer) namesConnector() bool {
	return slices.ContainsFunc(services, func(service service) bool {
		return service.connector && len(o.named[service.name]) > 0
	})
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

// withJar opens a jar for as long as do runs.
func withJar(ctx context.Context, path string, do func(jar *zip.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() // it was read only
	info, err := file.Stat()
	if err != nil {
		return err
	}
	jar, err := openZip(ctx, file, info.Size())
	if err != nil {
		return err
	}
	return do(jar)
}

func (o *offer) addManifests(ctx context.Context, path string) error {
	return withJar(ctx, path, o.readManifests)
}

// readManifests adds what one jar says that it offers.
func (o *offer) readManifests(jar *zip.Reader) error {
	for _, file := range jar.File {
		name, found := strings.CutPrefix(file.Name, manifestDir)
		if !found || !slices.ContainsFunc(services, func(service service) bool { return service.name == name }) {
			continue
		}
		classes, err := o.readManifest(file)
		if err != nil {
			return err
		}
		o.named[name] = append(o.named[name], classes...)
	}
	return nil
}

// readManifest reads one service manifest: one class name a line, "#" begins a comment (java.util.ServiceLoader).
func (o *offer) readManifest(manifest *zip.File) (classes []string, err error) {
	file, err := manifest.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close() // it was read only
	content, err := io.ReadAll(io.LimitReader(file, longestManifests-o.size+1))
	if err != nil {
		return nil, err
	}
	if o.size += int64(len(content)); o.size > longestManifests {
		return nil, errTooLong
	}
	for line := range strings.Lines(string(content)) {
		name, _, _ := strings.Cut(line, "#")
		name = strings.TrimSpace(name)
		if strings.ContainsFunc(name, notInClassName) {
			return nil, fmt.Errorf("its manifest names %s, which is no class", quoted(name))
		}
		if name != "" {
			classes = append(classes, name)
		}
	}
	return classes, nil
}

// notInClassName holds for what java.util.ServiceLoader refuses in a class name, and with it the whole manifest.
func notInClassName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._$", r)
}
