package charm

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

var levels = []string{"OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"}

// Levels are log levels by logger; that of worker.RootLogger is always there.
type Levels map[string]string

// readLoggersConfig reads "LEVEL", "LOGGER=LEVEL" and any number of them, between commas, blanks or lines.
func readLoggersConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	config.Levels = Levels{worker.RootLogger: "INFO"}
	said := map[string]bool{}
	for _, entry := range strings.FieldsFunc(options.String("log-level"), func(char rune) bool { return strings.ContainsRune(", \t\r\n", char) }) {
		logger, level, named := strings.Cut(entry, "=")
		if !named {
			logger, level = worker.RootLogger, entry
		}
		level = strings.ToUpper(level)
		switch {
		case !slices.Contains(levels, level):
			return fmt.Sprintf("config log-level: %.60q is no level: use %s, or LOGGER=LEVEL", entry, strings.Join(levels, ", "))
		case !legalClass.MatchString(logger):
			return fmt.Sprintf("config log-level: %.60q is no logger's name", logger)
		case said[logger]:
			return fmt.Sprintf("config log-level: %.60q is there twice", logger)
		}
		config.Levels[logger], said[logger] = level, true
	}
	return ""
}

// of is the level that a logger should have: its own, or that of the nearest above it.
func (l Levels) of(logger string) string {
	for name := logger; name != ""; {
		if level, has := l[name]; has {
			return level
		}
		cut := strings.LastIndexByte(name, '.')
		if cut < 0 {
			break
		}
		name = name[:cut]
	}
	return l[worker.RootLogger]
}

// observeLoggers reads the worker's levels. They are back at its file's after every start.
func (u *unit) observeLoggers(ctx context.Context, services *Services) {
	found, err := u.rest.Levels(ctx)
	if err != nil {
		u.log.Debug("the worker's log levels are not known", "error", err)
		return
	}
	services.Levels = found
}

// setLevels changes log levels in the running worker. What the worker's own file says beyond config log-level stays,
// until the level of the root is changed: that is Connect's way to set all.
func setLevels(w *World) Step {
	have, want := Levels(w.Services.Levels), w.Config.Levels
	if !w.Services.WorkerReady || have == nil || w.Config.Problem != "" {
		return nil
	}
	differ := have.of(worker.RootLogger) != want[worker.RootLogger]
	for logger, level := range want {
		differ = differ || have.of(logger) != level
	}
	// One that was set and is no more in the option still has its level.
	for logger := range w.Services.Started.Levels {
		differ = differ || have.of(logger) != want.of(logger)
	}
	if !differ {
		return nil
	}
	return w.once("levels", SetLevels{Levels: want})
}

// SetLevels sets the root's level and then, from the outer to the inner, those that differ from it.
type SetLevels struct{ Levels Levels }

func (s SetLevels) Apply(ctx context.Context, u *unit, w *World) error {
	inner := slices.DeleteFunc(sortedKeys(s.Levels), func(logger string) bool { return logger == worker.RootLogger })
	for _, logger := range append([]string{worker.RootLogger}, inner...) {
		if err := u.rest.SetLevel(ctx, logger, s.Levels[logger]); err != nil {
			u.log.Warn("a log level could not be set; tried again in a later hook", "error", err)
			return nil
		}
	}
	w.Services.Started.Levels = maps.Clone(s.Levels)
	if err := w.Services.Started.Write(u.layout.workerDir()); err != nil {
		return err
	}
	u.observeLoggers(ctx, &w.Services)
	return nil
}
