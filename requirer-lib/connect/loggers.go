package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Levels of loggers, as of Log4j; workers take others of its as well, such as
// OFF.
const (
	LevelTrace = "TRACE"
	LevelDebug = "DEBUG"
	LevelInfo  = "INFO"
	LevelWarn  = "WARN"
	LevelError = "ERROR"
	LevelFatal = "FATAL"
)

// RootLogger is the logger that all others take their level from, where they
// have none of their own.
const RootLogger = "root"

// Logger is the level of one logger.
type Logger struct {
	Level string
	// Changed is when the level was last changed by this API; zero for never
	// since the worker's start.
	Changed time.Time
}

// UnmarshalJSON reads last_modified, which is in milliseconds or null.
func (l *Logger) UnmarshalJSON(text []byte) error {
	var answer struct {
		Level        string `json:"level"`
		LastModified *int64 `json:"last_modified"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	*l = Logger{Level: answer.Level}
	if answer.LastModified != nil {
		l.Changed = time.UnixMilli(*answer.LastModified).UTC()
	}
	return nil
}

// Loggers gives the loggers of one worker that have a level of their own, by
// name. Kafka Connect 4 may leave out the root, which Logger tells. For a certain
// worker, make a client with its endpoint alone.
func (c *Client) Loggers(ctx context.Context) (map[string]Logger, error) {
	var loggers map[string]Logger
	_, err := c.do(ctx, call{method: http.MethodGet, path: loggersPath, out: &loggers})
	return loggers, err
}

// Logger gives the level in force for a logger of one worker, which may be that
// of one above it. ErrNotFound when no part of the worker has such a logger.
func (c *Client) Logger(ctx context.Context, name string) (Logger, error) {
	var logger Logger
	err := c.onLogger(ctx, name, call{method: http.MethodGet, out: &logger})
	return logger, err
}

// SetWorkerLogger sets the level of a logger and of all below it, on the first
// worker that answers, until that worker ends. It gives the names of all whose
// level that was.
func (c *Client) SetWorkerLogger(ctx context.Context, name, level string) (changed []string, err error) {
	err = c.onLogger(ctx, name, call{
		method: http.MethodPut, query: url.Values{"scope": {"worker"}}, body: wantedLevel{level}, out: &changed,
	})
	return changed, err
}

// SetClusterLogger sets the level of a logger and of all below it on every
// worker, each until it ends; those that join later do not have it. It is asked
// for, not yet done, when SetClusterLogger returns. Kafka Connect 3.7 and later.
func (c *Client) SetClusterLogger(ctx context.Context, name, level string) error {
	return c.onLogger(ctx, name, call{method: http.MethodPut, query: url.Values{"scope": {"cluster"}}, body: wantedLevel{level}})
}

type wantedLevel struct {
	Level string `json:"level"`
}

const loggersPath = "/admin/loggers"

func (c *Client) onLogger(ctx context.Context, name string, call call) error {
	if !legalClass.MatchString(name) {
		return fmt.Errorf("logger %.100q: %w", name, ErrIllegalName)
	}
	call.path = loggersPath + "/" + name
	_, err := c.do(ctx, call)
	return err
}
