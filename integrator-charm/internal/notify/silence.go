package notify

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/pattern"
	"connectcharms/integrator-charm/internal/store"
)

// Silence keeps owners from being told of some connectors for a while. What is not well then is told when it is over.
type Silence struct {
	ID      string    `json:"id"`
	Matcher Matcher   `json:"matcher"`
	Comment string    `json:"comment,omitempty"`
	By      string    `json:"by"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
}

// Matcher says which connectors: those that fit all that is said. Texts are patterns (* is any text).
type Matcher struct {
	Cluster   string            `json:"cluster,omitempty"`
	Connector string            `json:"connector,omitempty"`
	Team      string            `json:"team,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
}

// What is wrong with a silence.
var (
	ErrInvalid  = errors.New("this cannot be silenced")
	ErrNotFound = store.ErrNotFound
)

// Silence begins a silence, and gives it with its ID. It must name something, and end; From may be left out.
func (n *Notifier) Silence(ctx context.Context, silence Silence) (Silence, error) {
	now := n.now()
	if silence.From.IsZero() {
		silence.From = now
	}
	if err := silence.check(now); err != nil {
		return Silence{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	matcher, err := json.Marshal(silence.Matcher)
	if err != nil {
		return Silence{}, err
	}
	silence.ID = strings.ToLower(rand.Text()[:12])
	return silence, n.store.AddSilence(ctx, store.Silence{
		ID: silence.ID, By: silence.By, Comment: silence.Comment, Created: now, Begins: silence.From, Ends: silence.Until, Matcher: matcher,
	})
}

// EndSilence ends a silence now; ErrNotFound where there is none.
func (n *Notifier) EndSilence(ctx context.Context, id string) error {
	return n.store.EndSilence(ctx, id, n.now())
}

// Silences lists those that are not over, the newest first.
func (n *Notifier) Silences(ctx context.Context) ([]Silence, error) {
	kept, err := n.store.Silences(ctx, n.now())
	if err != nil {
		return nil, err
	}
	all := make([]Silence, len(kept))
	for i, one := range kept {
		all[i] = Silence{ID: one.ID, Comment: one.Comment, By: one.By, From: one.Begins, Until: one.Ends}
		if err := json.Unmarshal(one.Matcher, &all[i].Matcher); err != nil {
			return nil, fmt.Errorf("silence %s: %w", one.ID, err)
		}
	}
	return all, nil
}

func (s Silence) check(now time.Time) error {
	switch {
	case s.Until.IsZero() || !s.Until.After(now) || !s.Until.After(s.From):
		return errors.New("it needs an end that is still to come")
	case s.Matcher.Cluster == "" && s.Matcher.Connector == "" && s.Matcher.Team == "" && len(s.Matcher.Labels) == 0:
		return errors.New("it needs a cluster, connector, team or label (* for all)")
	}
	patterns := slices.Collect(maps.Values(s.Matcher.Labels))
	return pattern.Check(append(patterns, s.Matcher.Cluster, s.Matcher.Connector, s.Matcher.Team)...)
}

// holds says whether the event is not to be told at a time.
func (s Silence) holds(event Event, now time.Time) bool {
	if now.Before(s.From) || !now.Before(s.Until) {
		return false
	}
	return s.Matcher.fits(event)
}

func (m Matcher) fits(event Event) bool {
	for given, text := range map[string]string{m.Cluster: event.Cluster, m.Connector: event.Connector, m.Team: event.Team} {
		if given != "" && !pattern.Fits(given, text) {
			return false
		}
	}
	return pattern.FitsAll(m.Labels, event.Labels)
}
