package charms

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// bill lists what a packed charm is made of, in CycloneDX's form (ECMA-424): its programs, and for each the modules and the Go that it
// says itself it is linked with. It has neither a time nor a serial number: the same charm has the same bill.
func (c charm) bill(archive Archive, content files) ([]byte, error) {
	whole := cdx.Component{
		BOMRef: c.name, Type: cdx.ComponentTypeApplication, Name: c.name,
		Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: archive.SHA256}},
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &whole}
	uses := map[string][]string{} // by reference
	modules := map[string]cdx.Component{}
	var programs []cdx.Component
	for _, program := range c.programs {
		file := content["bin/"+program.name]
		info, err := buildinfo.Read(bytes.NewReader(file))
		if err != nil {
			return nil, fmt.Errorf("read what %s is linked with: %w", program.name, err)
		}
		shown := programComponent(program.name, file, info)
		programs = append(programs, shown)
		uses[c.name] = append(uses[c.name], shown.BOMRef)
		for _, module := range linkedWith(info) {
			modules[module.BOMRef] = module
			uses[shown.BOMRef] = append(uses[shown.BOMRef], module.BOMRef)
		}
	}
	sorted := slices.SortedFunc(maps.Values(modules), func(a, b cdx.Component) int { return strings.Compare(a.BOMRef, b.BOMRef) })
	components := append(programs, sorted...)
	bom.Components, bom.Dependencies = &components, dependencies(uses)
	var text bytes.Buffer
	err := cdx.NewBOMEncoder(&text, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6)
	return text.Bytes(), err
}

// programComponent is a program in the charm. One of others, which is Pebble, is of a version of its module.
func programComponent(name string, file []byte, info *debug.BuildInfo) cdx.Component {
	digest := sha256.Sum256(file)
	program := cdx.Component{
		BOMRef: "bin/" + name, Type: cdx.ComponentTypeApplication, Name: name,
		Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(digest[:])}},
	}
	if !isOurs(&info.Main) {
		program.Version, program.PackageURL = info.Main.Version, packageURL(info.Main.Path, info.Main.Version)
	}
	return program
}

// linkedWith is what a program is linked with that is not of this source tree. Go's own library counts as a module: it has faults of its own.
func linkedWith(info *debug.BuildInfo) []cdx.Component {
	linked := []cdx.Component{moduleComponent("std", info.GoVersion)}
	for _, module := range info.Deps {
		if isOurs(module) {
			continue
		}
		if module.Replace != nil {
			module = module.Replace
		}
		linked = append(linked, moduleComponent(module.Path, module.Version))
	}
	return linked
}

func moduleComponent(path, version string) cdx.Component {
	at := packageURL(path, version)
	return cdx.Component{BOMRef: at, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: at}
}

// packageURL is how a Go module is named across languages (ECMA-427).
func packageURL(path, version string) string {
	return "pkg:golang/" + path + "@" + url.PathEscape(version)
}

// dependencies has an entry for each that uses something.
func dependencies(uses map[string][]string) *[]cdx.Dependency {
	var all []cdx.Dependency
	for _, ref := range slices.Sorted(maps.Keys(uses)) {
		slices.Sort(uses[ref])
		used := uses[ref]
		all = append(all, cdx.Dependency{Ref: ref, Dependencies: &used})
	}
	return &all
}
