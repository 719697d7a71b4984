package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// RootLogger is the logger that all others take their level from, where they have none of their own.
const RootLogger = "root"

// levelPatience bounds one request about loggers, which the worker answers from its memory.
const levelPatience = 5 * time.Second

// Levels asks for the level of every logger that has one of its own. Where Log4j runs without settings, Kafka Connect 4
// leaves the root out of the list, and tells of it when it is asked for.
func (r *REST) Levels(ctx context.Context) (map[string]string, error) {
	type logger struct{ Level string }
	var loggers map[string]logger
	if err := r.admin(ctx, http.MethodGet, "", nil, &loggers); err != nil {
		return nil, fmt.Errorf("ask the worker for its loggers: %w", err)
	}
	if _, listed := loggers[RootLogger]; !listed {
		var root logger
		if err := r.admin(ctx, http.MethodGet, "/"+RootLogger, nil, &root); err != nil {
			return nil, fmt.Errorf("ask the worker for its root logger: %w", err)
		}
		loggers[RootLogger] = root
	}
	levels := make(map[string]string, len(loggers))
	for name, logger := range loggers {
		levels[name] = logger.Level
	}
	return levels, nil
}

// SetLevel gives a logger, and all below it, a level until the worker ends.
func (r *REST) SetLevel(ctx context.Context, logger, level string) error {
	if err := r.admin(ctx, http.MethodPut, "/"+url.PathEscape(logger), map[string]string{"level": level}, nil); err != nil {
		return fmt.Errorf("set the level of logger %s to %s: %w", logger, level, err)
	}
	return nil
}

func (r *REST) admin(ctx context.Context, method, path string, ask, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, levelPatience)
	defer cancel()
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, r.url+"/admin/loggers"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		return fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(string(said)))
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer)
}
