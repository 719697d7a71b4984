// Command bench measures this project beside what a person would use otherwise, and how it grows, and writes docs/benchmarks.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"connectcharms/tests/bench"
	"connectcharms/tests/charms"
)

func main() {
	options := bench.RunOptions{Log: os.Stderr}
	only := flag.String("only", "", "sections to measure, with commas between them; the others stay as they are")
	flag.BoolVar(&options.Quick, "quick", false, "small sizes and one round, to see that all runs")
	flag.StringVar(&options.Out, "out", "", "directory of benchmarks.md, its pictures and results (default: docs; with -quick a new one)")
	list := flag.Bool("list", false, "list the sections")
	flag.Parse()
	if *only != "" {
		options.Only = strings.Split(*only, ",")
	}
	if *list {
		for _, one := range bench.All {
			fmt.Println(one.Name)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, options); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, options bench.RunOptions) (err error) {
	if options.Out == "" {
		if options.Out, err = directory(options.Quick); err != nil {
			return err
		}
	}
	err = bench.Run(ctx, bench.All, options)
	_, said := fmt.Println(filepath.Join(options.Out, "benchmarks.md"))
	return errors.Join(err, said)
}

func directory(quick bool) (string, error) {
	if quick {
		return os.MkdirTemp("", "bench-report")
	}
	root, err := charms.Repository()
	return filepath.Join(root, "docs"), err
}
