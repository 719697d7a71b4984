package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/controltopic"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/control"
)

// controlTopic is what is read of control messages: nothing where there is no topic, and for a standby.
func controlTopic(s *settings.Settings, log *slog.Logger) (*controltopic.Config, error) {
	wanted := s.Serve.Control
	if wanted == nil {
		return nil, nil
	}
	config, err := controltopic.Open(*wanted, log)
	if err != nil {
		return nil, err
	}
	served, err := s.Served()
	if err != nil {
		return nil, err
	}
	isOf := func(context settings.Context) bool { return context.Name == wanted.Context }
	if wanted.Context != "" && !slices.ContainsFunc(served, isOf) {
		return nil, fmt.Errorf("serve.control.context: %s is none of serve.contexts", wanted.Context)
	}
	if !s.Serve.Active {
		return nil, nil // checked, for the day on which it works
	}
	return config, nil
}

// controlMember is the name by which the consumer group knows this daemon again after a crash: its place is kept, instead of waiting
// until the session of its former self is over.
func controlMember(data string) (string, error) {
	path := filepath.Join(data, "control.member")
	name, err := os.ReadFile(path)
	if err == nil && len(name) > 0 {
		return strings.TrimSpace(string(name)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the name in the consumer group: %w", err)
	}
	made := "connect-manager-" + strings.ToLower(rand.Text())
	return made, atomicfile.Write(path, []byte(made+"\n"), 0o600)
}

// taker has the manager keep messages of the topic.
type taker struct{ *manager.Manager }

// Take is a controltopic.Taker's.
func (t taker) Take(ctx context.Context, from controltopic.From, message control.Message) error {
	cluster, err := t.cluster(ctx, from)
	if err == nil {
		_, err = t.Control(ctx, cluster, from.Connector, by(from), message, "")
	}
	return sorted(err)
}

// Refuse is a controltopic.Taker's.
func (t taker) Refuse(ctx context.Context, from controltopic.From, problems control.Problems) error {
	cluster, err := t.cluster(ctx, from)
	if err == nil {
		err = t.Manager.Refuse(ctx, cluster, from.Connector, by(from), problems)
	}
	return sorted(err)
}

// by is who the history says that it was. The brokers know whose account it was, and do not tell.
func by(from controltopic.From) string { return "topic " + from.Topic }

// errWhose says that a connector's name is not enough.
var errWhose = errors.New("there are connectors of this name in several clusters, and serve.control.context does not say which")

// cluster is the one that is meant; where none is named, the only one that has the connector.
func (t taker) cluster(ctx context.Context, from controltopic.From) (string, error) {
	all := t.Clusters()
	if from.Cluster != "" || len(all) <= 1 {
		return from.Cluster, nil
	}
	var having []string
	for _, one := range all {
		switch _, err := t.Overlay(ctx, one.Name, from.Connector); {
		case err == nil:
			having = append(having, one.Name)
		case !errors.Is(err, manager.ErrNotFound):
			return "", err
		}
	}
	switch len(having) {
	case 0:
		return "", fmt.Errorf("connector %.100q: %w in any cluster", from.Connector, manager.ErrNotFound)
	case 1:
		return having[0], nil
	}
	return "", &controltopic.Refusal{Err: errWhose}
}

// sorted tells errors that are for good from those after which a message is tried again.
func sorted(err error) error {
	if _, is := errors.AsType[*overlay.Nonconforming](err); is {
		return &controltopic.Refusal{Err: err}
	}
	if _, is := errors.AsType[control.Problems](err); is {
		return &controltopic.Refusal{Err: err}
	}
	for _, forGood := range []error{manager.ErrNotFound, manager.ErrInvalid, overlay.ErrNoWay} {
		if errors.Is(err, forGood) {
			return &controltopic.Refusal{Err: err}
		}
	}
	return err
}
