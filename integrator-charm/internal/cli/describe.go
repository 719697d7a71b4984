package cli

import (
	"context"

	"connectcharms/integrator-charm/internal/cluster"
)

// describe adds what the state file says of connectors: whose they are, and their labels.
func (s *session) describe(_ context.Context, _ *cluster.Cluster, _ []view) error { return nil }
