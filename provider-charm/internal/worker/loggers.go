package worker

import (
	"context"
	"fmt"
	"time"

	"connectcharms/requirer-lib/connect"
)

// RootLogger is the logger that all others take their level from, where they have none of their own.
const RootLogger = connect.RootLogger

// levelPatience bounds one request about loggers, which the worker answers from its memory.
const levelPatience = 5 * time.Second

// Levels asks for the level of every logger that has one of its own. Where Log4j runs without settings, Kafka Connect 4
// leaves the root out of the list, and tells of it when it is asked for.
func (r *REST) Levels(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, levelPatience)
	defer cancel()
	loggers, err := r.client.Loggers(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the worker for its loggers: %w", err)
	}
	levels := make(map[string]string, len(loggers)+1)
	for name, logger := range loggers {
		levels[name] = logger.Level
	}
	if levels[RootLogger] == "" {
		root, err := r.client.Logger(ctx, RootLogger)
		if err != nil {
			return nil, fmt.Errorf("ask the worker for its root logger: %w", err)
		}
		levels[RootLogger] = root.Level
	}
	return levels, nil
}

// SetLevel gives a logger, and all below it, a level until the worker ends.
func (r *REST) SetLevel(ctx context.Context, logger, level string) error {
	ctx, cancel := context.WithTimeout(ctx, levelPatience)
	defer cancel()
	if _, err := r.client.SetWorkerLogger(ctx, logger, level); err != nil {
		return fmt.Errorf("set the level of logger %s to %s: %w", logger, level, err)
	}
	return nil
}
