package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/flow"
)

// startFlow has a client's connector copy records, and returns when all tasks do.
func (s *stage) startFlow(relation, tasks int) *flow.Flow {
	s.t.Helper()
	records, err := flow.Start(s.t.Context(), parts.broker.Bootstrap(), tasks)
	require.NoError(s.t, err)
	s.t.Cleanup(records.Close)
	name := fmt.Sprintf("copy_r%d_%s", relation, strings.ReplaceAll(s.UUID(), "-", ""))
	_, err = s.rest(relation).Create(s.t.Context(), name, records.Connector(), connect.InitialRunning)
	require.NoError(s.t, err)
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	require.NoError(s.t, records.Await(ctx, time.Now()))
	return records
}
