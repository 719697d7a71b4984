package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// Started is what the running worker was started with.
type Started struct {
	Settings    string            `json:"settings"`        // fingerprint
	Kafka       string            `json:"kafka,omitempty"` // fingerprint of how it reaches Kafka
	ExactlyOnce ExactlyOnce       `json:"exactly-once,omitempty"`
	Plugins     []plugins.Digest  `json:"plugins"`
	Levels      map[string]string `json:"levels,omitempty"`  // log levels that were set since
	Request     int               `json:"request,omitempty"` // the last restart that was asked for, of those that it made good
	// ReadsSecrets says that its settings have the provider of connectors' secrets: those of earlier charms did not.
	ReadsSecrets bool `json:"reads-secrets,omitempty"`
}

// ReadStarted reads what Write wrote; nothing written is the zero value.
func ReadStarted(dir string) (Started, error) {
	var started Started
	document, err := os.ReadFile(startedFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return started, nil
	}
	if err != nil {
		return started, fmt.Errorf("read what the worker was started with: %w", err)
	}
	if err := json.Unmarshal(document, &started); err != nil {
		return Started{}, nil // a damaged note costs one restart
	}
	return started, nil
}

// Write remembers what the worker was started with. Call it after the start: a note that is behind costs one restart,
// one that is ahead would hide that a restart is due.
func (s Started) Write(dir string) error {
	document, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return atomicfile.Write(startedFile(dir), document, 0o600)
}

func startedFile(dir string) string { return filepath.Join(dir, "started.json") }

// REST is the worker's own REST interface.
type REST struct {
	client *connect.Client
}

// NewREST talks to the worker at url. The worker itself wants no account; one is needed for what it forwards to another
// worker, past whose gateway it has to go: all that changes something.
func NewREST(url, username string, password secret.Value) (*REST, error) {
	client, err := connect.New(connect.Config{Endpoints: []string{url}, Username: username, Password: password})
	if err != nil {
		return nil, err
	}
	return &REST{client: client}, nil
}

// Healthy says whether the worker has joined its group and read the group's connectors.
func (r *REST) Healthy(ctx context.Context) error {
	health, err := r.client.Health(ctx)
	if err == nil && health.Status != connect.Healthy {
		err = fmt.Errorf("the worker says that it is %s", health.Status)
	}
	return err
}

// Classes asks which plugin classes the worker has loaded. It waits for a worker that is starting, until ctx ends.
func (r *REST) Classes(ctx context.Context) (map[string]bool, error) {
	versions, err := r.Versions(ctx)
	if err != nil {
		return nil, err
	}
	classes := make(map[string]bool, len(versions))
	for class := range versions {
		classes[class] = true
	}
	return classes, nil
}

// Versions asks which plugin classes the worker has loaded, and of which version each is; empty where it has none. It waits
// as Classes does.
func (r *REST) Versions(ctx context.Context) (map[string]string, error) {
	loaded, err := r.client.Plugins(ctx, false)
	if err != nil {
		return nil, fmt.Errorf("ask the worker for its plugins: %w", err)
	}
	versions := make(map[string]string, len(loaded))
	for _, plugin := range loaded {
		versions[plugin.Class] = plugin.Version
	}
	return versions, nil
}

// DeleteConnectors deletes the connectors that carry the mark of a relation.
func (r *REST) DeleteConnectors(ctx context.Context, relation hook.RelationID) error {
	names, err := r.client.Connectors(ctx)
	if err != nil {
		return fmt.Errorf("list the connectors of relation %d: %w", relation, err)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		of, marked := schemas.ConnectorRelation(name)
		return !marked || of != relation.String()
	})
	failures := connect.Each(ctx, connect.AtOnce, names, func(ctx context.Context, name string) error {
		if err := r.client.Delete(ctx, name); !errors.Is(err, connect.ErrNotFound) {
			return err
		}
		return nil
	})
	if err := failures.Err(); err != nil {
		return fmt.Errorf("delete the connectors of relation %d: %w", relation, err)
	}
	return nil
}

// exception matches how a Java log names what went wrong.
var exception = regexp.MustCompile(`([A-Za-z]+(?:Exception|Error)): (.*)`)

// ReasonIn finds in a worker's log why it does not run: the last error that it names, cut to a line.
func ReasonIn(log []string) string {
	for i := len(log) - 1; i >= 0; i-- {
		if found := exception.FindStringSubmatch(log[i]); found != nil {
			return fmt.Sprintf("%s: %.100s", found[1], found[2])
		}
	}
	return ""
}
