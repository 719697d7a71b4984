package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// notes is a log for a person: "warning: what it is (file=/etc/password)".
type notes struct {
	to    io.Writer
	level slog.Level
	with  []slog.Attr
}

func (n notes) Enabled(_ context.Context, level slog.Level) bool { return level >= n.level }

func (n notes) Handle(_ context.Context, record slog.Record) error {
	var attributes []string
	note := func(attribute slog.Attr) bool {
		attributes = append(attributes, attribute.String())
		return true
	}
	for _, attribute := range n.with {
		note(attribute)
	}
	record.Attrs(note)
	line := record.Message
	if len(attributes) > 0 {
		line += " (" + strings.Join(attributes, " ") + ")"
	}
	if record.Level >= slog.LevelWarn {
		line = "warning: " + line
	}
	_, err := fmt.Fprintln(n.to, printable(line))
	return err
}

func (n notes) WithAttrs(attributes []slog.Attr) slog.Handler {
	n.with = append(n.with[:len(n.with):len(n.with)], attributes...)
	return n
}

// WithGroup leaves the names of attributes as they are: a person reads them.
func (n notes) WithGroup(string) slog.Handler { return n }
