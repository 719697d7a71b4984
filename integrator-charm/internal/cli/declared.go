package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/integrator-charm/internal/source"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

// declared is a state file that has been read, for the environment of a context.
type declared struct {
	*state.File
	document source.Document
	from     string
}

// standardInput is the name of the state file that is read from In.
const standardInput = "-"

// declare reads the state file: the one that is named, or else the context's. The error for a file that is wrong is
// state.Problems.
func (s *session) declare(ctx context.Context, of settings.Context, named string) (declared, error) {
	if named == "" {
		named = of.State
	}
	if named == "" {
		return declared{}, errors.New("which state file? Name it, or give the context its state, or set CONNECT_STATE")
	}
	document, from, err := s.fetch(ctx, named)
	if err != nil {
		return declared{}, err
	}
	file, err := state.Parse(document.Data, state.Options{Name: document.Name, Environment: of.Environment})
	return declared{file, document, from}, err
}

// fetched is a document, and how its source is called without what is secret.
type fetched struct {
	document source.Document
	from     string
}

// fetch reads each source once, so that all contexts get the same.
func (s *session) fetch(ctx context.Context, named string) (source.Document, string, error) {
	if known, is := s.documents[named]; is {
		return known.document, known.from, nil
	}
	document, from, err := s.read(ctx, named)
	if err == nil {
		s.documents[named] = fetched{document, from}
	}
	return document, from, err
}

func (s *session) read(ctx context.Context, named string) (source.Document, string, error) {
	if named == standardInput {
		data, err := io.ReadAll(io.LimitReader(s.In, state.MaxSize+1))
		if err != nil {
			return source.Document{}, "", fmt.Errorf("read the standard input: %w", err)
		}
		return source.Document{Data: data, Name: "standard input"}, standardInput, nil
	}
	from, err := source.Parse(named, source.Options{Env: s.Environ})
	if err != nil {
		return source.Document{}, "", err
	}
	document, err := from.Fetch(ctx, "")
	return document, from.String(), err
}

// wanted is what a command that compares file and cluster works with.
type wanted struct {
	declared
	on      *cluster.Cluster
	owned   connectors.Owned
	desired connectors.Desired
}

// want reads the state file, and what its references lead to.
func (s *session) want(ctx context.Context, on *cluster.Cluster, named string) (wanted, error) {
	file, err := s.declare(ctx, on.Context, named)
	if err != nil {
		return wanted{}, err
	}
	desired, err := file.Desired(on.Secrets)
	return wanted{file, on, on.Owned(file.Manager), desired}, err
}

// describe adds what the context's state file says of connectors: whose they are, and their labels.
func (s *session) describe(ctx context.Context, on *cluster.Cluster, views []view) error {
	file, err := s.declare(ctx, on.Context, "")
	if err != nil {
		return fmt.Errorf("owners and labels stand in the state file: %w", err)
	}
	byName := map[string]state.Connector{}
	for _, connector := range file.Connectors {
		byName[connector.Name+on.Context.NameSuffix] = connector
	}
	for i, one := range views {
		if connector, is := byName[one.Name]; is {
			views[i].Team, views[i].Labels = connector.Owner.Team, connector.Labels
		}
	}
	return nil
}
