package probe

import (
	"cmp"
	"context"
	"strings"
	"sync"

	"connectcharms/requirer-lib/connection"
)

// Local asks Confluent Local: its broker, and its Schema Registry where the spec has one, as nobody.
func Local(ctx context.Context, config connection.LocalConfig) connection.Result {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	asked := &asked{part: connection.PartLocal}
	var asking sync.WaitGroup
	asking.Go(func() {
		servers := cmp.Or(config.BootstrapServers, connection.DefaultLocalServers)
		asked.cluster(ctx, way{}, strings.Split(servers, ","), nil)
	})
	if config.SchemaRegistryURI != "" {
		verify, _ := asked.vault.tlsConfig(nil)
		asking.Go(func() { asked.registry(ctx, newREST(config.SchemaRegistryURI, verify, nil)) })
	}
	asking.Wait()
	return asked.result()
}
