// Command fuzz runs every fuzz target of every module for a bounded time.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"

	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/fuzz"
)

func main() {
	long := flag.Duration("for", 10*time.Second, "how `long` each target runs")
	only := flag.String("only", "", "a `pattern` of the targets to run, such as gateway or FuzzRoute; empty: all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *long, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, long time.Duration, only string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	root, err := charms.Repository()
	if err != nil {
		return err
	}
	dir, err := cache.Dir()
	if err != nil {
		return err
	}
	targets, err := fuzz.Find(root)
	if err != nil {
		return err
	}
	targets = slices.DeleteFunc(targets, func(target fuzz.Target) bool { return !wanted.MatchString(target.String()) })
	start := time.Now()
	err = fuzz.Runner{Root: root, Cache: filepath.Join(dir, "fuzz"), For: long, Say: os.Stdout, AtOnce: runtime.NumCPU()}.Run(ctx, targets)
	fmt.Printf("%d targets, %s each, %s in all\n", len(targets), long, time.Since(start).Round(time.Second))
	return err
}
