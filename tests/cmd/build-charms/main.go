// Command build-charms builds both charms as directories.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"connectcharms/tests/charms"
)

func main() {
	dir := flag.String("o", "build", "the `directory` to build in")
	flag.Parse()
	built, err := charms.Build(context.Background(), *dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(built.KafkaConnect)
	fmt.Println(built.ConnectIntegrator)
}
