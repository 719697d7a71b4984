package model

import (
	"context"
	"fmt"
	"time"

	"github.com/juju/juju/api/client/modelmanager"
	"github.com/juju/names/v6"
)

// AddModel makes a model and connects to it. (The command does it: it knows which cloud and credential are the user's.)
func (c *Controller) AddModel(ctx context.Context, name string) (*Model, error) {
	if _, err := c.Juju(ctx, "add-model", "--no-switch", name); err != nil {
		return nil, err
	}
	return c.Model(ctx, name)
}

// Destroy ends a model and all that is in it without waiting for hooks, and closes the connection to it.
func (m *Model) Destroy(ctx context.Context) error {
	if err := m.Close(); err != nil {
		return err
	}
	connection, err := m.controller.connect(ctx, "")
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	yes, atOnce := true, time.Duration(0)
	if err := modelmanager.NewClient(connection).DestroyModel(ctx, names.NewModelTag(m.UUID), &yes, &yes, &atOnce, nil); err != nil {
		return fmt.Errorf("destroying the model %q: %w", m.Name, err)
	}
	return nil
}
