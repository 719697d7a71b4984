package charms

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"connectcharms/tests/cache"
)

// program is a Go program of a charm.
type program struct{ module, pkg, name string }

// machine is what a program is built for, in Go's words.
type machine struct{ os, arch string }

// built is a program that is built.
type built struct {
	program
	content []byte
}

// buildPrograms has Go build the programs in a directory where no charm is taken from: Go gives a program that stays as it is a new time,
// and to a unit that has the file as a hard link it would look like another program, for which it restarts what runs. Processes that build
// there at the same time wait for each other.
func (c charm) buildPrograms(ctx context.Context, root, dir string, to machine) ([]built, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := cache.Lock(ctx, dir+".lock")
	if err != nil {
		return nil, fmt.Errorf("wait for another process that builds: %w", err)
	}
	defer unlock()
	var all []built
	for _, program := range c.programs {
		path := filepath.Join(dir, program.name)
		if err := program.build(ctx, root, path, to); err != nil {
			return nil, err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, built{program, content})
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
