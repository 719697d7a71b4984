package plugins

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// servicesJar is the jar that the store adds to a plugin whose jars have no service manifests: nothing but manifests. The
// vendor's jars keep their bytes.
const servicesJar = "connect-services.jar"

// search finds the classes that Connect could load, had they a manifest: not abstract, public, with a public constructor
// without arguments, and derived from one of its services, over any number of classes and jars. Nothing is run. A class
// file that cannot be read is passed over, as Java passes over a class that nobody names.
func (o *offer) search(ctx context.Context, jars []string, limits Limits) error {
	s := searcher{classes: newHierarchy(), reader: newClassReader(), limit: limits.Unpacked}
	for i, jar := range jars {
		err := withJar(ctx, jar, func(jar *zip.Reader) error { return s.addJar(ctx, i, jar) })
		if err != nil {
			return err
		}
	}
	found, err := s.loadable(ctx, jars)
	if err != nil {
		return err
	}
	o.found = map[string][]string{}
	for class, roles := range found {
		name := strings.ReplaceAll(class, "/", ".")
		for i, service := range services {
			if roles&(1<<i) != 0 && !slices.Contains(o.named[service.name], name) && !strings.ContainsFunc(name, notInClassName) {
				o.found[service.name] = append(o.found[service.name], name)
			}
		}
	}
	return nil
}

type searcher struct {
	classes *hierarchy
	reader  *classReader
	read    int64 // bytes of class files
	limit   int64
}

func (s *searcher) addJar(ctx context.Context, index int, jar *zip.Reader) error {
	for i, file := range jar.File {
		name, is := strings.CutSuffix(file.Name, ".class")
		if !is || strings.HasPrefix(name, "META-INF/") { // there lie other versions of classes, for other versions of Java
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		class, ok := s.head(file)
		if s.read > s.limit {
			return tooMuch(s.limit)
		}
		if !ok || class.name != name {
			continue
		}
		if err := s.classes.add(class, location{index, i}); err != nil {
			return err
		}
	}
	return nil
}

func (s *searcher) head(file *zip.File) (class classFile, ok bool) {
	content, err := file.Open()
	if err != nil {
		return classFile{}, false
	}
	defer content.Close() // it is left half-way
	class, err = s.reader.head(content)
	s.read += s.reader.taken()
	return class, err == nil
}

// loadable is the classes that stand for a service and can be made.
func (s *searcher) loadable(ctx context.Context, jars []string) (map[string]roles, error) {
	found := map[string]roles{}
	byJar := map[int][]string{}
	derived := s.classes.derived()
	for class := range derived {
		if at, candidate := s.classes.candidates[class]; candidate {
			byJar[at.jar] = append(byJar[at.jar], class)
		}
	}
	for index, classes := range byJar {
		err := withJar(ctx, jars[index], func(jar *zip.Reader) error {
			for _, class := range classes {
				if s.constructible(jar.File[s.classes.candidates[class].file]) {
					found[class] = derived[class]
				}
			}
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *searcher) constructible(file *zip.File) bool {
	content, err := file.Open()
	if err != nil {
		return false
	}
	defer content.Close() // it is left half-way
	_, err = s.reader.head(content)
	return err == nil && s.reader.hasPublicConstructor()
}

// writeServices adds a jar with a manifest for each service that classes were found of. The same classes make the same
// bytes, on every unit.
func (o *offer) writeServices(dir string) (size int64, err error) {
	var content bytes.Buffer
	jar := zip.NewWriter(&content)
	for _, service := range services {
		classes := o.found[service.name]
		if len(classes) == 0 {
			continue
		}
		slices.Sort(classes)
		manifest, err := jar.Create(manifestDir + service.name)
		if err != nil {
			return 0, err
		}
		if _, err := fmt.Fprintf(manifest, "# found in the plugin's jars, which name none\n%s\n", strings.Join(classes, "\n")); err != nil {
			return 0, err
		}
	}
	if err := jar.Close(); err != nil {
		return 0, err
	}
	return int64(content.Len()), os.WriteFile(filepath.Join(dir, servicesJar), content.Bytes(), 0o644) // as the vendor's
}
