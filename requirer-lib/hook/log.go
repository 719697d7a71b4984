package hook

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
)

// LogHandler has package slog write to the model's log: one juju-log a line, each at its own level, as key=value. (What a
// hook prints on standard error ends there too, but all of it as a warning.) Lines below INFO are left out: each costs a
// process.
func (t *Tools) LogHandler() slog.Handler { return logHandler{tools: t} }

type logHandler struct {
	tools *Tools
	with  []func(slog.Handler) slog.Handler // what With and WithGroup have added
}

func (h logHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.and(func(text slog.Handler) slog.Handler { return text.WithAttrs(attrs) })
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return h.and(func(text slog.Handler) slog.Handler { return text.WithGroup(name) })
}

func (h logHandler) and(more func(slog.Handler) slog.Handler) slog.Handler {
	with := append(h.with[:len(h.with):len(h.with)], more)
	return logHandler{tools: h.tools, with: with}
}

// Handle writes one line. The level and the time are Juju's to write.
func (h logHandler) Handle(ctx context.Context, record slog.Record) error {
	var line bytes.Buffer
	var text slog.Handler = slog.NewTextHandler(&line, &slog.HandlerOptions{ReplaceAttr: withoutTimeAndLevel})
	for _, more := range h.with {
		text = more(text)
	}
	if err := text.Handle(ctx, record); err != nil {
		return err
	}
	return h.tools.JujuLog(ctx, levelOf(record.Level), strings.TrimSpace(line.String()))
}

func withoutTimeAndLevel(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 && (attr.Key == slog.TimeKey || attr.Key == slog.LevelKey) {
		return slog.Attr{}
	}
	return attr
}

// levelOf is Juju's name of a level.
func levelOf(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "ERROR"
	case level >= slog.LevelWarn:
		return "WARNING"
	}
	return "INFO"
}
