package manager

import (
	"context"
	"errors"
	"fmt"

	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/store"
)

// Receivers are how messages to owners get there. One with GivenUp does not get them.
func (m *Manager) Receivers(ctx context.Context) ([]store.Receiver, error) {
	return m.notifier.Receivers(ctx)
}

// Silences are those that are not over, the newest first.
func (m *Manager) Silences(ctx context.Context) ([]Silence, error) {
	kept, err := m.notifier.Silences(ctx)
	all := []Silence{}
	for _, one := range kept {
		all = append(all, silenceOf(one))
	}
	return all, err
}

// Silence keeps owners from being told of some connectors for a while.
func (m *Manager) Silence(ctx context.Context, wanted Silence) (Silence, error) {
	made, err := m.notifier.Silence(ctx, notify.Silence{
		Matcher: notify.Matcher{Cluster: wanted.Cluster, Connector: wanted.Connector, Team: wanted.Team, Labels: wanted.Labels},
		Comment: wanted.Comment, By: wanted.By, From: wanted.From, Until: wanted.Until,
	})
	if errors.Is(err, notify.ErrInvalid) {
		return Silence{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err == nil {
		m.Tell("", OnSilences)
	}
	return silenceOf(made), err
}

// EndSilence ends a silence now.
func (m *Manager) EndSilence(ctx context.Context, id string) error {
	err := m.notifier.EndSilence(ctx, id)
	if errors.Is(err, notify.ErrNotFound) {
		return fmt.Errorf("silence %.40q: %w", id, ErrNotFound)
	}
	if err == nil {
		m.Tell("", OnSilences)
	}
	return err
}

func silenceOf(kept notify.Silence) Silence {
	return Silence{
		ID: kept.ID, Cluster: kept.Matcher.Cluster, Connector: kept.Matcher.Connector, Team: kept.Matcher.Team, Labels: kept.Matcher.Labels, Comment: kept.Comment,
		By: kept.By, From: kept.From, Until: kept.Until,
	}
}
