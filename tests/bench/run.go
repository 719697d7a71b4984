package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"connectcharms/tests/bench/report"
)

// Benchmark is one section of the report.
type Benchmark struct {
	Name  string
	Limit time.Duration // after which it is ended; 0: usualLimit
	Run   func(ctx context.Context, s *Stage) (report.Section, error)
}

const (
	usualLimit = 5 * time.Minute
	// quickLimit is that of quick runs: they run all at once, beside all other tests.
	quickLimit = 30 * time.Minute
)

// RunOptions are those of a run.
type RunOptions struct {
	Only  []string // names; none: all
	Quick bool
	Out   string    // directory of the documents, which also has the results of former runs
	Log   io.Writer // where progress is told
}

// Run runs benchmarks one after the other and writes the report after each. One that fails is noted and told in the end; the
// others go on.
func Run(ctx context.Context, all []Benchmark, options RunOptions) error {
	chosen, err := choose(all, options.Only)
	if err != nil {
		return err
	}
	kept, err := report.Load(options.Out)
	if err != nil {
		return err
	}
	var failed []error
	for _, one := range chosen {
		fmt.Fprintf(options.Log, "── %s\n", one.Name)
		section, err := one.run(ctx, options)
		if ctx.Err() != nil {
			return context.Cause(ctx) // somebody has ended it: what is half measured is not kept
		}
		if err != nil {
			fmt.Fprintf(options.Log, "  failed: %v\n", err)
			failed = append(failed, fmt.Errorf("%s: %w", one.Name, err))
		}
		kept.Put(section)
		kept.Order(namesOf(all))
		if err := kept.Save(options.Out); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

func namesOf(all []Benchmark) (names []string) {
	for _, one := range all {
		names = append(names, one.Name)
	}
	return names
}

func choose(all []Benchmark, only []string) ([]Benchmark, error) {
	if len(only) == 0 {
		return all, nil
	}
	for _, name := range only {
		if !slices.Contains(namesOf(all), name) {
			return nil, fmt.Errorf("there is no benchmark %q; there are %s", name, strings.Join(namesOf(all), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(one Benchmark) bool { return !slices.Contains(only, one.Name) }), nil
}

// run runs one on a stage of its own, and notes when and with what.
func (b Benchmark) run(ctx context.Context, options RunOptions) (section report.Section, err error) {
	limit := cmp.Or(b.Limit, usualLimit)
	if options.Quick {
		limit = quickLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %s", limit))
	defer cancel()
	stage, err := NewStage(options.Log, options.Quick)
	if err != nil {
		return report.Section{Name: b.Name, Title: b.Name, Failure: err.Error()}, err
	}
	began, before := time.Now(), load()
	section, err = b.Run(ctx, stage)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	section.Name = b.Name
	if section.Title == "" {
		section.Title = b.Name
	}
	section.Taken = report.Taken{
		At: began, Took: time.Since(began), Quick: options.Quick, Machine: machine(),
		Load: fmt.Sprintf("%s before and %s after", before, load()), Versions: append(versions(context.WithoutCancel(ctx)), stage.versions...),
	}
	if err = errors.Join(err, stage.End()); err != nil {
		section.Failure = strings.ReplaceAll(err.Error(), stage.Dir+string(filepath.Separator), "") // whoever reads it is elsewhere
	}
	return section, err
}
