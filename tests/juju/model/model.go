package model

import (
	"context"
	"fmt"

	"github.com/juju/juju/api"
	"github.com/juju/juju/api/base"
	"github.com/juju/juju/api/client/client"
	"github.com/juju/juju/api/client/modelmanager"
	"github.com/juju/juju/rpc/params"
)

// Model is a connection to one model of a controller.
type Model struct {
	Name string
	UUID string

	controller *Controller
	connection api.Connection
}

// Model connects to the model of that name. The caller closes it.
func (c *Controller) Model(ctx context.Context, name string) (*Model, error) {
	uuid, err := c.modelUUID(ctx, name)
	if err != nil {
		return nil, err
	}
	connection, err := c.connect(ctx, uuid)
	if err != nil {
		return nil, err
	}
	return &Model{Name: name, UUID: uuid, controller: c, connection: connection}, nil
}

func (c *Controller) modelUUID(ctx context.Context, name string) (string, error) {
	models, err := c.models(ctx)
	if err != nil {
		return "", err
	}
	for _, model := range models {
		if model.Name == name {
			return model.UUID, nil
		}
	}
	return "", fmt.Errorf("the controller %q has no model %q: create it with juju add-model", c.Name, name)
}

// models asks the controller, not the client's models.yaml, which knows only what the juju command has seen.
func (c *Controller) models(ctx context.Context) ([]base.UserModel, error) {
	connection, err := c.connect(ctx, "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close() }()
	models, err := modelmanager.NewClient(connection).ListModels(ctx, connection.AuthTag().Id())
	if err != nil {
		return nil, fmt.Errorf("listing the models of the controller %q: %w", c.Name, err)
	}
	return models, nil
}

// Status is the whole state of the model, as `juju status` shows it.
func (m *Model) Status(ctx context.Context) (*params.FullStatus, error) {
	// The client's logger is for status histories, which this does not ask for.
	status, err := client.NewClient(m.connection, nil).Status(ctx, &client.StatusArgs{})
	if err != nil {
		return nil, fmt.Errorf("asking for the status of the model %q: %w", m.Name, err)
	}
	return status, nil
}

// Close ends the connection.
func (m *Model) Close() error {
	if err := m.connection.Close(); err != nil {
		return fmt.Errorf("closing the connection to the model %q: %w", m.Name, err)
	}
	return nil
}
