package cli

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/requirer-lib/connection"
)

// connectionNews is what watch has heard of a connection. Its JSON, one on a line, is part of what the program promises.
type connectionNews struct {
	At         time.Time            `json:"at"`
	ID         string               `json:"id"`
	Gone       bool                 `json:"gone,omitempty"`
	Connection *connection.Resource `json:"connection,omitempty"` // as it is now
}

func connectionsWatchCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:   "watch [ID...]",
		Short: "Follow how connections change, until it is interrupted",
		Long: `Show how connections are, and then each change: a line for it, with -o json an object on a line. A daemon that goes away is
told, and asked again. It ends by an interrupt (code 0) or with --timeout.`,
		ValidArgsFunction: s.completeConnections,
	}
	d.flags(command)
	command.RunE = func(command *cobra.Command, ids []string) error {
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		w := &connectionWatch{session: s, ids: ids, known: map[string]connection.Resource{}}
		return w.run(command.Context(), asked)
	}
	return command
}

// connectionWatch tells what is news to a person, who may have heard it before the daemon went away.
type connectionWatch struct {
	*session
	ids   []string // empty: all
	known map[string]connection.Resource
	// heard are those that the daemon has told in this round; nil when it has told all that there are.
	heard map[string]struct{}
}

// run listens until the context ends, which is no error. Who is not answered the first time does not go on.
func (w *connectionWatch) run(ctx context.Context, asked *client.Client) error {
	wasHeard := false
	for {
		w.heard = map[string]struct{}{}
		heard, err := w.listen(ctx, asked)
		wasHeard = wasHeard || heard
		refusal := new(client.Error)
		switch {
		case ctx.Err() != nil:
			return nil
		case !wasHeard, errors.As(err, &refusal), errors.Is(err, errWrite):
			return err
		}
		w.note("warning: %v", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(4 * w.Every):
		}
	}
}

// errWrite is that nobody reads any more.
var errWrite = errors.New("write")

// listen says whether the daemon told anything.
func (w *connectionWatch) listen(ctx context.Context, asked *client.Client) (heard bool, err error) {
	for event, err := range asked.WatchConnections(ctx) {
		if err != nil {
			return heard, err
		}
		heard = true
		if err := w.hear(event); err != nil {
			return heard, fmt.Errorf("%w: %w", errWrite, err)
		}
	}
	return heard, nil
}

func (w *connectionWatch) hear(event client.ConnectionEvent) error {
	switch {
	case event.IsListed():
		heard := w.heard
		w.heard = nil
		for id := range w.known {
			if _, is := heard[id]; !is {
				if err := w.gone(id); err != nil {
					return err
				}
			}
		}
		return nil
	case event.Resource == nil:
		return w.gone(event.Gone)
	}
	return w.changed(*event.Resource)
}

func (w *connectionWatch) gone(id string) error {
	if _, is := w.known[id]; !is {
		return nil
	}
	delete(w.known, id)
	if w.heard != nil {
		delete(w.heard, id)
	}
	return w.writeNews(connectionNews{ID: id, Gone: true}, func(at string) {
		w.line(cell{at, faint}, plain(id+"  "), cell{"gone", yellow})
	})
}

func (w *connectionWatch) changed(now connection.Resource) error {
	id := now.Spec.ID
	if len(w.ids) > 0 && !slices.Contains(w.ids, id) {
		return nil
	}
	before, is := w.known[id]
	w.known[id] = now
	if w.heard != nil {
		w.heard[id] = struct{}{}
	}
	if is && reflect.DeepEqual(before, now) {
		return nil
	}
	return w.writeNews(connectionNews{ID: id, Connection: &now}, func(at string) { w.parts(at, before.Status, now) })
}

// parts is a line for each part that is not as it was.
func (w *connectionWatch) parts(at string, before connection.Status, now connection.Resource) {
	for _, part := range now.Status.Parts() {
		was, is := before.Part(part), now.Status.Part(part)
		if was != nil && was.State == is.State && firstError(*was) == firstError(*is) {
			continue
		}
		from := ""
		if was != nil && was.State != is.State {
			from = string(was.State) + " → "
		}
		w.line(cell{at, faint}, plain(now.Spec.ID+"  "+string(part)+"  "+from), cell{string(is.State), colourOfConnection(is.State)})
		w.trace("          ", firstError(*is), false)
	}
}

func (w *connectionWatch) writeNews(news connectionNews, text func(at string)) error {
	news.At = w.Now()
	return w.writeOne(news, func() { text(news.At.Format(time.TimeOnly) + "  ") })
}
