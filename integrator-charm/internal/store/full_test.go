package store

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAFullDiskIsSaidUntilThereIsRoom bounds the file, which SQLite reports as it reports a full disk.
func TestAFullDiskIsSaidUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "manager.db"), Options{})
	require.NoError(t, err)
	defer s.Close()
	run := Run{Cluster: "east", Kind: "sync", Revision: fmt.Sprintf("%0100000d", 1)}
	_, err = s.AddRun(t.Context(), run)
	require.NoError(t, err)
	require.NoError(t, s.Check())

	pages, err := first(t.Context(), s.db, oneNumber, "PRAGMA page_count")
	require.NoError(t, err)
	bound := func(pages int64) {
		_, err := first(t.Context(), s.db, oneNumber, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		require.NoError(t, err)
	}
	bound(pages)
	_, err = s.AddRun(t.Context(), run)
	require.ErrorContains(t, err, "full")
	require.Equal(t, err, s.Check())
	_, err = s.Runs(t.Context(), Page{Cluster: "east"})
	require.NoError(t, err, "what is there can be read")
	require.Error(t, s.Check(), "reading makes no room")

	bound(pages + 100)
	_, err = s.AddRun(t.Context(), run)
	require.NoError(t, err)
	require.NoError(t, s.Check())
	runs, err := s.Runs(t.Context(), Page{Cluster: "east"})
	require.NoError(t, err)
	assert.Len(t, runs, 2, "of what was refused, nothing is there")
}
