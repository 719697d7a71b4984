package bench

import "time"

// All are the benchmarks in the order of the report.
var All = []Benchmark{
	{Name: "hooks", Run: Hooks},
	{Name: "clients", Run: Clients, Limit: 15 * time.Minute},
	{Name: "workers", Run: Workers, Limit: 10 * time.Minute},
	{Name: "size", Run: Size, Limit: 10 * time.Minute},
	{Name: "gateway", Run: Gateway},
	{Name: "client", Run: Client, Limit: 10 * time.Minute},
	{Name: "rollout", Run: Rollouts, Limit: 25 * time.Minute},
	{Name: "install", Run: Installs},
	{Name: "plugins", Run: Plugins, Limit: 15 * time.Minute},
	{Name: "sync", Run: Syncs, Limit: 15 * time.Minute},
	{Name: "recovery", Run: Recoveries, Limit: 10 * time.Minute},
	{Name: "connectors", Run: Connectors, Limit: 15 * time.Minute},
}
