// Command build-image builds the workload image of kafka-connect-k8s and says where it is.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"connectcharms/tests/cache"
	"connectcharms/tests/image"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := build(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(ctx context.Context) error {
	kept, err := cache.Dir()
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "building the workload image, unless it is there: a minute or two")
	built, err := image.Build(ctx, kept)
	if err != nil {
		return err
	}
	const mib = 1 << 20
	fmt.Printf("%s\n%s\n%.1f MiB packed, %.1f MiB unpacked\n", built.Archive, built.Reference, float64(built.Size)/mib, float64(built.Unpacked)/mib)
	return nil
}
