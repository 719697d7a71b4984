// Command kafka-runtime gets a Kafka runtime into this machine's cache and runs a broker of it.
//
//	kafka-runtime [-version 4.3.1] fetch
//	kafka-runtime [-version 4.3.1] broker [-address 127.0.0.1] [-port 9092] [-dir DIRECTORY]
//
// fetch prints the paths of the runtime, one name=value a line. broker prints its bootstrap address once it is ready and runs until
// SIGINT or SIGTERM. Notes and logs go to stderr.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"connectcharms/tests/kafka"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintf(os.Stderr, "kafka-runtime: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("kafka-runtime", flag.ContinueOnError)
	flags.SetOutput(stderr)
	version := flags.String("version", kafka.DefaultVersion, "version of Kafka: "+strings.Join(kafka.Versions(), " or "))
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: kafka-runtime [-version VERSION] fetch | broker [-address ADDRESS] [-port PORT] [-dir DIRECTORY]")
		flags.PrintDefaults()
	}
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	command, known := map[string]command{"fetch": fetch, "broker": broker}[flags.Arg(0)]
	if !known {
		flags.Usage()
		return fmt.Errorf("%q is not a command: say fetch or broker", flags.Arg(0))
	}
	runtime, err := kafka.Fetch(ctx, *version, stderr)
	if err != nil {
		return err
	}
	return command(ctx, runtime, flags.Args()[1:], stdout, stderr)
}

// command is what a person can ask for, once the runtime is there.
type command func(ctx context.Context, runtime *kafka.Runtime, arguments []string, stdout, stderr io.Writer) error

func fetch(_ context.Context, runtime *kafka.Runtime, _ []string, stdout, _ io.Writer) error {
	_, err := fmt.Fprintf(stdout, "dir=%s\narchive=%s\nfile-plugin=%s\nplugin-path=%s\n",
		runtime.Dir, runtime.Archive, runtime.FilePlugin, runtime.PluginPath)
	return err
}

// broker runs until the context ends.
func broker(ctx context.Context, runtime *kafka.Runtime, arguments []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("kafka-runtime broker", flag.ContinueOnError)
	flags.SetOutput(stderr)
	options := kafka.BrokerOptions{Log: stderr}
	flags.StringVar(&options.Address, "address", "127.0.0.1", "address to listen on")
	flags.IntVar(&options.Port, "port", 9092, "port for clients, 0 for a free one")
	flags.StringVar(&options.Dir, "dir", "", "directory of the broker's data; without it, one that is removed at the end")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if options.Dir == "" {
		dir, err := os.MkdirTemp("", "kafka-broker-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		options.Dir = dir
	}
	running, err := kafka.StartBroker(ctx, runtime, options)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, running.Bootstrap())
	select {
	case <-ctx.Done():
		return running.Stop()
	case <-running.Ended():
		return errors.New("the broker ended by itself: its last output is above")
	}
}
