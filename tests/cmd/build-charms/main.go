// Command build-charms packs the charms, for Juju to deploy and for charmcraft to start from.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/tests/charms"
)

func main() {
	dir := flag.String("o", "build", "the `directory` to pack into")
	arches := flag.String("arch", strings.Join(charms.Arches, ","), "the `architectures` to pack for")
	flag.Parse()
	for arch := range strings.SplitSeq(*arches, ",") {
		packed, err := charms.Pack(context.Background(), *dir, arch)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, archive := range packed {
			fmt.Printf("%-50s %4.1f MiB  sha256 %s\n", filepath.Base(archive.Path), float64(archive.Size)/(1<<20), archive.SHA256)
		}
	}
}
