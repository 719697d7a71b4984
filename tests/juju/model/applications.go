package model

import (
	"context"
	"fmt"

	"github.com/juju/juju/api/client/application"
	"github.com/juju/juju/api/client/applicationoffers"
	"github.com/juju/juju/core/instance"
)

// SetConfig changes options of an application.
func (m *Model) SetConfig(ctx context.Context, app string, options map[string]string) error {
	if err := application.NewClient(m.connection).SetConfig(ctx, app, "", options); err != nil {
		return fmt.Errorf("setting config of %s: %w", app, err)
	}
	return nil
}

// AddUnit adds a unit on a machine of the model, and returns its name.
func (m *Model) AddUnit(ctx context.Context, app, machine string) (unit string, err error) {
	units, err := application.NewClient(m.connection).AddUnits(ctx, application.AddUnitsParams{
		ApplicationName: app, NumUnits: 1,
		Placement: []*instance.Placement{{Scope: instance.MachineScope, Directive: machine}},
	})
	if err != nil {
		return "", fmt.Errorf("adding a unit of %s on machine %s: %w", app, machine, err)
	}
	return units[0], nil
}

// Scale asks for so many units of an application on Kubernetes: they come and go at the end of its numbers.
func (m *Model) Scale(ctx context.Context, app string, units int) error {
	result, err := application.NewClient(m.connection).ScaleApplication(ctx, application.ScaleApplicationParams{ApplicationName: app, Scale: units})
	if err == nil && result.Error != nil {
		err = result.Error
	}
	if err != nil {
		return fmt.Errorf("scaling %s to %d: %w", app, units, err)
	}
	return nil
}

// RemoveUnit asks for the removal of a unit: it goes when its last hook has run.
func (m *Model) RemoveUnit(ctx context.Context, unit string) error {
	results, err := application.NewClient(m.connection).DestroyUnits(ctx, application.DestroyUnitsParams{Units: []string{unit}})
	if err == nil && results[0].Error != nil {
		err = results[0].Error
	}
	if err != nil {
		return fmt.Errorf("removing unit %s: %w", unit, err)
	}
	return nil
}

// RemoveApplication asks for the removal of an application, with its units, relations and storage.
func (m *Model) RemoveApplication(ctx context.Context, app string) error {
	results, err := application.NewClient(m.connection).DestroyApplications(ctx, application.DestroyApplicationsParams{Applications: []string{app}, DestroyStorage: true})
	if err == nil && results[0].Error != nil {
		err = results[0].Error
	}
	if err != nil {
		return fmt.Errorf("removing application %s: %w", app, err)
	}
	return nil
}

// RemoveConsumed removes an offer that this model has consumed.
func (m *Model) RemoveConsumed(ctx context.Context, name string) error {
	results, err := application.NewClient(m.connection).DestroyConsumedApplication(ctx, application.DestroyConsumedApplicationParams{SaasNames: []string{name}})
	if err == nil && results[0].Error != nil {
		err = results[0].Error
	}
	if err != nil {
		return fmt.Errorf("removing the consumed application %s: %w", name, err)
	}
	return nil
}

// Integrate relates two endpoints: "application" or "application:endpoint".
func (m *Model) Integrate(ctx context.Context, one, other string) error {
	if _, err := application.NewClient(m.connection).AddRelation(ctx, []string{one, other}, nil); err != nil {
		return fmt.Errorf("integrating %s with %s: %w", one, other, err)
	}
	return nil
}

// RemoveRelation asks for the end of a relation: it is gone when the units' relation-broken hooks have run.
func (m *Model) RemoveRelation(ctx context.Context, one, other string) error {
	if err := application.NewClient(m.connection).DestroyRelation(ctx, nil, nil, one, other); err != nil {
		return fmt.Errorf("removing the relation of %s and %s: %w", one, other, err)
	}
	return nil
}

// Offer offers an application's endpoint to other models, under the application's name, and returns the offer's URL.
func (m *Model) Offer(ctx context.Context, app, endpoint string) (url string, err error) {
	owner := m.connection.AuthTag().Id()
	offers, closeOffers, err := m.offers(ctx)
	if err != nil {
		return "", err
	}
	defer closeOffers()
	results, err := offers.Offer(ctx, m.UUID, app, []string{endpoint}, owner, app, "")
	if err == nil && results[0].Error != nil {
		err = results[0].Error
	}
	if err != nil {
		return "", fmt.Errorf("offering %s of %s: %w", endpoint, app, err)
	}
	return owner + "/" + m.Name + "." + app, nil
}

// RemoveOffer ends an offer that nobody consumes any more.
func (m *Model) RemoveOffer(ctx context.Context, url string) error {
	offers, closeOffers, err := m.offers(ctx)
	if err != nil {
		return err
	}
	defer closeOffers()
	if err := offers.DestroyOffers(ctx, false, url); err != nil {
		return fmt.Errorf("removing the offer %s: %w", url, err)
	}
	return nil
}

// offers belong to the controller, not to the model.
func (m *Model) offers(ctx context.Context) (offers *applicationoffers.Client, closeOffers func(), err error) {
	connection, err := m.controller.connect(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	return applicationoffers.NewClient(connection), func() { _ = connection.Close() }, nil
}
