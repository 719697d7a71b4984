package charms

import (
	"bytes"
	"context"
	"debug/buildinfo"
	_ "embed"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"text/template"
)

// pebbleModule is the one module in a charm whose licence (GPL-3.0) asks for more than to be named.
const pebbleModule = "github.com/canonical/pebble"

// module is a module of others that programs are linked with: those of these names.
type module struct {
	Path, Version, dir string
	Programs           []string
}

func (m module) String() string { return m.Path + "@" + m.Version }

// linkedModules lists the modules of others that the programs say they are linked with, by path.
func linkedModules(ctx context.Context, root string, programs []built) ([]module, error) {
	found := map[string]module{}
	for _, program := range programs {
		info, err := buildinfo.Read(bytes.NewReader(program.content))
		if err != nil {
			return nil, fmt.Errorf("read what %s is linked with: %w", program.name, err)
		}
		var paths []string
		for _, linked := range append(info.Deps, &info.Main) {
			if !isOurs(linked) {
				paths = append(paths, linked.Path)
			}
		}
		modules, err := program.locate(ctx, root, paths)
		if err != nil {
			return nil, err
		}
		for _, module := range modules {
			module.Programs = append(found[module.String()].Programs, program.name)
			found[module.String()] = module
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b module) int { return strings.Compare(a.String(), b.String()) }), nil
}

// isOurs says whether a module is of this source tree: such a one has no version of its own.
func isOurs(m *debug.Module) bool {
	if m.Replace != nil {
		m = m.Replace
	}
	return m.Version == "" || m.Version == "(devel)"
}

// locate finds the modules' versions and directories.
func (p program) locate(ctx context.Context, root string, paths []string) ([]module, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"list", "-m", "-f", "{{.Path}}\t{{.Version}}\t{{.Dir}}"}, paths...)...)
	command.Dir = filepath.Join(root, p.module)
	command.Env = append(os.Environ(), "GOWORK=off")
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("find the modules that %s is linked with: %w\n%s", p.name, err, &problem)
	}
	var all []module
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 {
			return nil, fmt.Errorf("find the modules that %s is linked with: go list says %q, which has no directory", p.name, line)
		}
		all = append(all, module{Path: fields[0], Version: fields[1], dir: fields[2]})
	}
	return all, nil
}

var (
	//go:embed NOTICE.tmpl
	noticeText string
	notice     = template.Must(template.New("NOTICE").Parse(noticeText))

	// goLicence is the licence of Go's runtime and standard library; what a distribution packs of Go may lack the file.
	//go:embed go.LICENSE
	goLicence []byte
)

// addLicences adds what those who get the charm have to get with it: NOTICE, and each module's own licence files.
func addLicences(to files, charm string, modules []module) error {
	to["licenses/go/LICENSE"] = goLicence
	named := struct {
		Charm   string
		Modules []module
		Pebble  *module
	}{Charm: charm, Modules: modules}
	for _, module := range modules {
		if err := module.addLicences(to); err != nil {
			return err
		}
		if module.Path == pebbleModule {
			named.Pebble = &module
		}
	}
	var text bytes.Buffer
	if err := notice.Execute(&text, named); err != nil {
		return err
	}
	to["NOTICE"] = text.Bytes()
	return nil
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\.[a-z]+)?$`)

func (m module) addLicences(to files) error {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return fmt.Errorf("licence of %s: %w", m, err)
	}
	found := false
	for _, entry := range entries {
		if !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.dir, entry.Name()))
		if err != nil {
			return fmt.Errorf("licence of %s: %w", m, err)
		}
		to["licenses/"+m.String()+"/"+entry.Name()] = text
		found = true
	}
	if !found {
		return fmt.Errorf("%s has no licence file in %s: find out what its licence is before it goes into a charm", m, m.dir)
	}
	return nil
}
