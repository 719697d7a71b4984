package probe

import (
	"cmp"
	"context"
	"strings"
	"sync"

	"connectcharms/requirer-lib/connection"
)

// askLocal asks Confluent Local: its broker, and its Schema Registry where the spec has one, as nobody.
func askLocal(ctx context.Context, config connection.LocalConfig) connection.Result {
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
