package fuzz

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Runner runs targets.
type Runner struct {
	Root  string        // the repository
	Cache string        // keeps programs, and inputs that have been found to go new ways, from one run to the next
	For   time.Duration // how long each target runs
	Say   io.Writer
	// AtOnce is how many run at a time; what they say is written line by line.
	AtOnce int
}

// patience is what a target may take beyond its time, to read its seeds and to end.
const patience = 2 * time.Minute

// Run runs all targets. The error names those that failed; go test has written
// what they failed on into their package's testdata, where it is a seed from then on.
func (r Runner) Run(ctx context.Context, targets []Target) error {
	programs, err := r.compile(ctx, targets)
	if err != nil {
		return err
	}
	failed := make([]bool, len(targets))
	var running sync.WaitGroup
	r.Say = &lines{to: r.Say}
	places := make(chan struct{}, r.AtOnce)
	for i, target := range targets {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			failed[i] = !r.run(ctx, programs[target.Package], target)
		})
	}
	running.Wait()
	var names []string
	for i, target := range targets {
		if failed[i] {
			names = append(names, target.String())
		}
	}
	if len(names) > 0 {
		return fmt.Errorf("%d of %d fuzz targets failed: %s", len(names), len(targets), strings.Join(names, ", "))
	}
	return nil
}

// compile makes a program of each package that has targets.
func (r Runner) compile(ctx context.Context, targets []Target) (map[string]string, error) {
	programs := map[string]string{}
	for _, target := range targets {
		if programs[target.Package] != "" {
			continue
		}
		program := filepath.Join(r.Cache, "programs", strings.ReplaceAll(target.Package, "/", "-")+".test")
		command := exec.CommandContext(ctx, "go", "test", "-c", "-fuzz=^Fuzz", "-o", program, ".")
		command.Dir = filepath.Join(r.Root, filepath.FromSlash(target.Package))
		command.Env = append(os.Environ(), "GOWORK=off")
		if out, err := command.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the fuzz targets of %s: %w\n%s", target.Package, err, out)
		}
		programs[target.Package] = program
	}
	return programs, nil
}

// run says whether a target got to its end.
func (r Runner) run(ctx context.Context, program string, target Target) bool {
	ctx, cancel := context.WithTimeout(ctx, r.For+patience)
	defer cancel()
	command := exec.CommandContext(ctx, program, "-test.run=^$", "-test.fuzz=^"+target.Name+"$", "-test.fuzztime="+r.For.String(),
		"-test.fuzzcachedir="+filepath.Join(r.Cache, "found", target.Package), "-test.parallel=1")
	command.Dir = filepath.Join(r.Root, filepath.FromSlash(target.Package))
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil && !wasOnlyLate(out.String()) {
		fmt.Fprintf(r.Say, "FAIL %s: %v\n%s", target, err, &out)
		return false
	}
	fmt.Fprintf(r.Say, "ok   %-75s %s inputs\n", target, tried(out.String()))
	return true
}

// wasOnlyLate says whether a target failed for no other reason than that its time ended while its worker was at work, as go test has it
// now and then on a busy machine.
func wasOnlyLate(out string) bool {
	return lateAlone.MatchString(out) && !strings.Contains(out, "Failing input written to")
}

var lateAlone = regexp.MustCompile(`--- FAIL: Fuzz\w+ \([^)]*\)\n\s+context deadline exceeded\n`)

var execs = regexp.MustCompile(`execs: (\d+)`)

// tried is how many inputs a target has said last that it tried.
func tried(out string) string {
	all := execs.FindAllStringSubmatch(out, -1)
	if len(all) == 0 {
		return "?"
	}
	return all[len(all)-1][1]
}

// lines are written by one at a time.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(text)
}
