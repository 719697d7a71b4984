package bench

import (
	"context"
	"fmt"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

// charmed is a group of workers that the charm looks after.
type charmed struct {
	stage *Stage
	*Deployed
	relation int   // of the client that has the connector
	before   []int // restarts of each unit
}

func (g *charmed) start(ctx context.Context, workers int) (err error) {
	if g.Deployed, err = g.stage.Deploy(ctx, workers, map[string]any{"worker-heap": 256}); err != nil {
		return err
	}
	g.relation, err = g.Client(ctx, "mirrors", schemas.NotRequired)
	return err
}

func (g *charmed) create(ctx context.Context, name string, config map[string]string) error {
	client, err := g.Rest(g.relation)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Create(ctx, g.connector(name), config, connect.InitialRunning)
	return err
}

// connector is the name that the gateway lets the client use.
func (g *charmed) connector(name string) string {
	return fmt.Sprintf("%s_r%d_%s", name, g.relation, strings.ReplaceAll(g.UUID(), "-", ""))
}

// install has another client come, which asks for the plugin.
func (g *charmed) install(ctx context.Context, address string) error {
	for _, unit := range g.Units(pair.Provider) {
		g.before = append(g.before, g.Steps(unit, "RestartWorker"))
	}
	_, err := g.Client(ctx, "files", address)
	return err
}

func (g *charmed) statusTopic() string { return fmt.Sprintf("%s-%.8s-status", pair.Provider, g.UUID()) }

func (g *charmed) restarted() (each []float64) {
	for i, unit := range g.Units(pair.Provider) {
		each = append(each, float64(g.Steps(unit, "RestartWorker")-g.before[i]))
	}
	return each
}

func (g *charmed) end() error { return g.Close() }
