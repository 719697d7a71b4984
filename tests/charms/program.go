package charms

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// program is a Go program of a charm.
type program struct{ module, pkg, name string }

// machine is what a program is built for, in Go's words.
type machine struct{ os, arch string }

// built is a program that is built.
type built struct {
	program
	path string
}

func (c charm) buildPrograms(ctx context.Context, root, dir string, to machine) ([]built, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var all []built
	for _, program := range c.programs {
		path := filepath.Join(dir, program.name)
		if err := program.build(ctx, root, path, to); err != nil {
			return nil, err
		}
		all = append(all, built{program, path})
	}
	return all, nil
}

// build builds one program outside of the workspace, with its module's own short list of dependencies. The same source
// and the same Go give the same bytes wherever they lie: no path and no commit goes in, and what a person may have set
// for Go's own builds (a processor level, an experiment) does not count.
func (p program) build(ctx context.Context, root, target string, to machine) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", target, p.pkg)
	command.Dir = filepath.Join(root, p.module)
	command.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOOS="+to.os, "GOARCH="+to.arch,
		"GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s/%s: %w\n%s", p.name, to.os, to.arch, err, out)
	}
	return nil
}
